//! How people sign in.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::App;
use crate::auth::Auth;

/// What a program in a browser needs to know to sign somebody in.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub(in crate::routes) enum SignIn {
    /// Nobody needs to: `Bearer mock-token` is an administrator, and `Bearer mock-agent-token` an
    /// agent. For development.
    Dev,
    /// With an OpenID provider, by an authorisation code with PKCE.
    #[serde(rename_all = "camelCase")]
    Oidc {
        /// The provider. Its addresses are found by discovery below this one.
        #[schema(example = "https://id.example.com/realms/axis")]
        issuer: String,
        /// Client id of the program at the provider.
        #[schema(example = "shell")]
        client_id: String,
        /// Scopes to ask the provider for.
        #[schema(example = json!(["openid"]))]
        scopes: Vec<String>,
        /// Further parameters of the authorisation request.
        parameters: BTreeMap<String, String>,
    },
}

/// Read how people sign in. Needs no token.
#[utoipa::path(
    get, path = "/auth/config", tag = "session",
    security(()),
    responses((status = 200, description = "How people sign in", body = SignIn))
)]
pub(in crate::routes) async fn get_auth_config(State(app): State<App>) -> Json<SignIn> {
    Json(match &app.auth {
        Auth::Dev => SignIn::Dev,
        Auth::Oidc(provider) => SignIn::Oidc {
            issuer: provider.issuer().to_owned(),
            client_id: app.sign_in.oidc_client_id.clone(),
            // Blanks separate scopes as well, as they do in the protocol.
            scopes: app
                .sign_in
                .oidc_scopes
                .iter()
                .flat_map(|scopes| scopes.split_whitespace())
                .map(str::to_owned)
                .collect(),
            parameters: app.sign_in.oidc_parameters.iter().cloned().collect(),
        },
    })
}
