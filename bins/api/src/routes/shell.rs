//! The Shell's files, where this program serves them.

use std::path::Path;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, Redirect};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::default_header;
use crate::App;
use crate::auth::Auth;

/// Scripts are files from here. Styles may also be inline, since menus and lists place themselves
/// that way. Files of messages come through the API; only the images that somebody asks to see in
/// an e-mail come from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src 'self'; img-src 'self' data: blob: https:; media-src 'self' blob:; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    connect-src 'self'";

/// What the Shell's pages may do. Besides this API they talk to the OpenID provider.
pub(super) fn policy(app: &App) -> HeaderValue {
    let mut policy = POLICY.to_owned();
    if let Auth::Oidc(provider) = &app.auth {
        let further = app.sign_in.oidc_origins.iter().filter_map(|origin| origin.to_str().ok());
        for origin in provider.origin().iter().map(String::as_str).chain(further) {
            policy.push(' ');
            policy.push_str(origin);
        }
    }
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

const NO_SHELL: &str = "<!doctype html><meta charset=utf-8><title>AXIS-AFENDA</title>\
    <p>The API is here; the workspace is not. <a href=/api/v1/docs>Reference</a></p>";

/// `/app/…`: a file if there is one, or else the page, which finds its own way by the address.
pub(super) fn routes(folder: Option<&Path>, policy: &HeaderValue) -> Router {
    let Some(folder) = folder.filter(|folder| folder.join("index.html").is_file()) else {
        if let Some(folder) = folder {
            let folder = folder.display();
            tracing::warn!(%folder, "SHELL_DIR has no index.html, the Shell is not served");
        }
        return Router::new().route("/", get(async || Html(NO_SHELL)));
    };
    let policy =
        SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy.clone());
    let cached = |rule| default_header(header::CACHE_CONTROL, rule);
    let page = ServeFile::new(folder.join("index.html"));
    let files = ServiceBuilder::new()
        .layer(cached("no-cache"))
        .layer(policy)
        .layer(default_header(header::REFERRER_POLICY, "same-origin"))
        .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .service(ServeDir::new(folder).fallback(page));
    // Names under assets/ change with the content.
    let assets = ServiceBuilder::new()
        .layer(cached("public, max-age=31536000, immutable"))
        .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .service(ServeDir::new(folder.join("assets")));
    Router::new()
        .nest_service("/app/assets", assets)
        .nest_service("/app", files)
        .route("/", get(async || Redirect::temporary("/app/")))
}
