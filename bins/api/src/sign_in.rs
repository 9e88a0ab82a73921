//! Config of how the Shell signs people in.

use axum::http::HeaderValue;
use clap::Args;

use crate::config::origin;

/// How the Shell asks the OpenID provider; for `AUTH_MODE=oidc`.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "OpenID")]
pub struct SignIn {
    /// Client id of the Shell at the provider: a public client that may use authorisation codes
    /// with PKCE, and redirect to the Shell's address, `https://desk.example.com/app/`
    #[arg(long, env = "OIDC_CLIENT_ID", default_value = "shell", value_name = "ID")]
    pub oidc_client_id: String,

    /// Scopes that the Shell asks the provider for, separated by commas or blanks. Some providers
    /// issue a refresh token only with `offline_access`
    #[arg(
        long,
        env = "OIDC_SCOPES",
        default_value = "openid",
        value_delimiter = ',',
        value_name = "SCOPE"
    )]
    pub oidc_scopes: Vec<String>,

    /// Further parameters of the Shell's requests to the provider, where the provider needs them,
    /// such as `audience=axis`; separated by commas
    #[arg(
        long,
        env = "OIDC_PARAMETERS",
        value_delimiter = ',',
        value_name = "NAME=VALUE",
        value_parser = parameter
    )]
    pub oidc_parameters: Vec<(String, String)>,

    /// Origins besides the issuer's at which the provider answers the Shell, such as that of its
    /// token endpoint; separated by commas
    #[arg(
        long,
        env = "OIDC_ORIGINS",
        value_delimiter = ',',
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub oidc_origins: Vec<HeaderValue>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            oidc_client_id: "shell".to_owned(),
            oidc_scopes: vec!["openid".to_owned()],
            oidc_parameters: Vec::new(),
            oidc_origins: Vec::new(),
        }
    }
}

/// Parameters that the Shell sets itself.
const RESERVED: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or_else(|| format!("write it like audience=axis, not {text:?}"))?;
    if RESERVED.contains(&name) {
        return Err(format!("the Shell sets {name} itself; leave it out"));
    }
    Ok((name.to_owned(), value.to_owned()))
}
