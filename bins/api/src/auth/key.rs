//! Machines, identified by their API key.

use domain::{Permissions, Token};
use store::api_keys::Holder;

use super::installation::Steward;
use super::{CallerKind, Principal};
use crate::App;
use crate::database::Credential;
use crate::error::ApiError;

/// Returns the holder of this key of a tenant.
pub(super) async fn holder(key: &Token, app: &App) -> Result<Principal, ApiError> {
    let Holder { id, tenant, name, permissions, expires_at } = identify(key, app).await?;
    Ok(Principal {
        tenant: tenant.ok_or(ApiError::Unauthorized)?,
        kind: CallerKind::ApiKey,
        id: id.to_string(),
        name,
        email: None,
        permissions: permissions.within_tenant(),
        ends_at: expires_at,
    })
}

/// Returns the holder of this key of the installation.
pub(super) async fn steward(key: &Token, app: &App) -> Result<Steward, ApiError> {
    let Holder { id, tenant, permissions, .. } = identify(key, app).await?;
    match tenant {
        None => {
            let permissions = permissions.intersection(Permissions::of_installation());
            Ok(Steward { id, permissions })
        }
        Some(_) => Err(ApiError::Unauthorized),
    }
}

async fn identify(key: &Token, app: &App) -> Result<Holder, ApiError> {
    let digest = key.digest();
    let mut transaction = app.gate(Credential::Digest(&digest)).await?;
    let Some(holder) = store::api_keys::identify(&mut transaction, &digest).await? else {
        app.places.recent().forget(&digest);
        return Err(ApiError::Unauthorized);
    };
    transaction.commit().await?;
    app.places.recent().note(digest);
    Ok(holder)
}
