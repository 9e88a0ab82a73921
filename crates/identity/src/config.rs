//! Settings of the provider.

use std::time::Duration;

use clap::Args;

use crate::SetupError;

/// Which OpenID provider says who people are; for `AUTH_MODE=oidc`.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "OpenID")]
pub struct Config {
    /// The provider, by the name that it gives itself in tokens (`iss`), such as
    /// `https://id.example.com/realms/acme`
    #[arg(long, env = "OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<String>,

    /// Whom access tokens must be meant for (`aud`)
    #[arg(long, env = "OIDC_AUDIENCE", value_name = "NAME")]
    pub oidc_audience: Option<String>,

    /// Where the provider's discovery document is, if not below the issuer's address
    #[arg(long, env = "OIDC_DISCOVERY_URL", value_name = "URL")]
    pub oidc_discovery_url: Option<String>,

    /// Claim that says which tenant a person belongs to; `axis tenants claims` maps its values to
    /// tenants. A dot leads into an object
    #[arg(long, env = "OIDC_TENANT_CLAIM", default_value = "tenant", value_name = "CLAIM")]
    pub oidc_tenant_claim: String,

    /// Claims that name roles, separated by commas
    #[arg(
        long,
        env = "OIDC_ROLES_CLAIM",
        default_value = "realm_access.roles,roles",
        value_delimiter = ',',
        value_name = "CLAIM"
    )]
    pub oidc_roles_claim: Vec<String>,

    /// What names of roles begin with at the provider, such as `axis-`
    #[arg(long, env = "OIDC_ROLE_PREFIX", default_value = "", value_name = "TEXT")]
    pub oidc_role_prefix: String,

    /// Seconds by which the provider's clock may differ, 0 to 300
    #[arg(
        long,
        env = "OIDC_CLOCK_SKEW_SECONDS",
        default_value_t = 30,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=300)
    )]
    pub oidc_clock_skew_seconds: u64,

    /// Lets the provider be asked without TLS on other machines: whoever is in between can then let
    /// anybody in
    #[arg(long, env = "OIDC_ALLOW_HTTP")]
    pub oidc_allow_http: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            oidc_issuer: None,
            oidc_audience: None,
            oidc_discovery_url: None,
            oidc_tenant_claim: "tenant".to_owned(),
            oidc_roles_claim: vec!["realm_access.roles".to_owned(), "roles".to_owned()],
            oidc_role_prefix: String::new(),
            oidc_clock_skew_seconds: 30,
            oidc_allow_http: false,
        }
    }
}

/// The settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) discovery: reqwest::Url,
    pub(crate) tenant_claim: String,
    pub(crate) roles_claims: Vec<String>,
    pub(crate) role_prefix: String,
    pub(crate) skew: Duration,
    pub(crate) allow_http: bool,
}

impl Config {
    /// The address of the provider's discovery document.
    pub fn discovery(&self) -> Result<String, SetupError> {
        Ok(self.settings()?.discovery.to_string())
    }

    pub(crate) fn settings(&self) -> Result<Settings, SetupError> {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let issuer = said(&self.oidc_issuer).ok_or(SetupError::NoIssuer)?;
        let audience = said(&self.oidc_audience).ok_or(SetupError::NoAudience)?;
        let discovery = said(&self.oidc_discovery_url).unwrap_or_else(|| {
            format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
        });
        let discovery = address(&discovery, self.oidc_allow_http)
            .ok_or_else(|| SetupError::Address(discovery.clone()))?;
        Ok(Settings {
            issuer,
            audience,
            discovery,
            tenant_claim: self.oidc_tenant_claim.clone(),
            roles_claims: self.oidc_roles_claim.clone(),
            role_prefix: self.oidc_role_prefix.clone(),
            skew: Duration::from_secs(self.oidc_clock_skew_seconds),
            allow_http: self.oidc_allow_http,
        })
    }
}

/// Parses an address. Returns `None` if somebody else could answer there in the provider's place, unless the operator
/// allows it.
pub(crate) fn address(text: &str, allow_http: bool) -> Option<reqwest::Url> {
    let url = reqwest::Url::parse(text).ok()?;
    let here = matches!(url.host_str()?, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        "https" => Some(url),
        "http" if here || allow_http => Some(url),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Alone {
        #[command(flatten)]
        config: Config,
    }

    fn of(issuer: &str) -> Config {
        Config {
            oidc_issuer: Some(issuer.to_owned()),
            oidc_audience: Some("axis".to_owned()),
            ..Config::default()
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_help() {
        Alone::command().debug_assert();
        let parsed = Alone::try_parse_from(["api"]).unwrap();
        assert_eq!(format!("{:?}", parsed.config), format!("{:?}", Config::default()));
    }

    #[test]
    fn a_provider_is_asked_where_nobody_else_can_answer() {
        let discovery = |config: &Config| config.settings().map(|one| one.discovery.to_string());
        let well_known = "https://id.example.com/realms/acme/.well-known/openid-configuration";
        for issuer in ["https://id.example.com/realms/acme", "https://id.example.com/realms/acme/"]
        {
            assert_eq!(discovery(&of(issuer)).unwrap(), well_known);
        }
        assert!(discovery(&of("http://127.0.0.1:3000")).is_ok());
        let plain = of("http://id.example.com");
        assert!(matches!(discovery(&plain), Err(SetupError::Address(_))));
        assert!(discovery(&Config { oidc_allow_http: true, ..plain }).is_ok());
        assert!(discovery(&of("id.example.com")).is_err());
        assert!(matches!(discovery(&Config::default()), Err(SetupError::NoIssuer)));
        let anybodys = Config { oidc_audience: None, ..of("https://id.example.com") };
        assert!(matches!(discovery(&anybodys), Err(SetupError::NoAudience)));
    }
}
