//! Creating a key.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::{Permission, Permissions, Role, Token, TokenKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::api_keys::{MOST_VALID, NewApiKey};

use super::ApiKey;
use crate::App;
use crate::auth::{CallerKind, ManageKeys, May, Principal};
use crate::error::ApiError;
use crate::extract;
use crate::problem::{Faults, Problem};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// A key to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateApiKey {
    /// What the key is for; not only blanks.
    #[schema(min_length = 1, max_length = 200, example = "nightly export")]
    name: String,
    /// What the key may do. With `roles`, it must be at least one thing.
    #[serde(default)]
    permissions: Vec<Permission>,
    /// The key may also do what these roles may.
    #[serde(default)]
    #[schema(example = json!(["viewer"]))]
    roles: Vec<Role>,
    /// When the key expires; if not given, never. A key that expires can only create keys that
    /// expire no later.
    expires_at: Option<DateTime<Utc>>,
}

/// A created key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreatedApiKey {
    key: ApiKey,
    /// The key itself, for `Authorization: Bearer …`. It is shown here and never again.
    #[schema(
        example = "axis_key_5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
    )]
    token: String,
}

/// Create a key for a machine.
///
/// It may do no more than its creator. If a key creates it, it expires no later than that key.
#[utoipa::path(
    post, path = "/api-keys", tag = "administration",
    security(("bearer" = ["api-keys:manage"])),
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "The key, with its secret", body = CreatedApiKey),
        (status = 409, description = "`too-many-keys`: the tenant has as many valid keys as it may", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_api_key(
    State(app): State<App>,
    principal: May<ManageKeys>,
    extract::Json(wanted): extract::Json<CreateApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    let permissions = wanted.check(&principal)?;
    let token = Token::generate(TokenKind::ApiKey);
    let created_by = principal.signature();
    let new = NewApiKey {
        tenant: Some(&principal.tenant),
        name: wanted.name.trim(),
        digest: token.digest(),
        permissions,
        created_by: &created_by,
        expires_at: wanted.expires_at,
    };
    let mut transaction = app.tenant(&principal.tenant).await?;
    // Whoever revokes the calling key with what it created must find this one.
    if let Some(maker) = principal.api_key()
        && !store::api_keys::hold(&mut transaction, maker).await?
    {
        return Err(ApiError::Unauthorized);
    }
    let created = store::api_keys::create(&mut transaction, &new).await?;
    let key: ApiKey = created.ok_or(ApiError::TooManyKeys(MOST_VALID))?.into();
    let after = serde_json::to_value(&key).map_err(ApiError::internal)?;
    let target = format!("api key {}", key.id);
    let entry = principal.does("api-keys create", target, json!({ "after": after }));
    store::audit::record(&mut transaction, &entry).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { key, token: token.expose().to_owned() })))
}

impl CreateApiKey {
    fn check(&self, maker: &Principal) -> Result<Permissions, ApiError> {
        let mut faults = Faults::default();
        faults.text("name", self.name.trim(), 1..=LONGEST_NAME);
        let permissions: Permissions = self.permissions.iter().copied().collect();
        let roles: Permissions = self.roles.iter().copied().collect();
        let permissions = permissions.union(roles);
        let message = "must name what the key may do, or `roles` must";
        faults.check("permissions", !permissions.is_empty(), message);
        let lasts = self.expires_at.is_none_or(|at| at > Utc::now());
        faults.check("expiresAt", lasts, "must be in the future");
        // A key that expires creates none that outlives it.
        if maker.kind == CallerKind::ApiKey
            && let Some(end) = maker.ends_at
            && self.expires_at.is_none_or(|at| at > end)
        {
            let message = format!("must be {end} at the latest, when the calling key expires");
            faults.note("expiresAt", message);
        }
        faults.done()?;
        permissions.iter().try_for_each(|permission| maker.require(permission))?;
        Ok(permissions)
    }
}
