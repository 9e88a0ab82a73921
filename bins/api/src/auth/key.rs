//! Machines, by their API key.

use domain::{Permissions, Token};
use store::api_keys::Holder;

use super::above::Steward;
use super::{CallerKind, Principal};
use crate::App;
use crate::error::ApiError;

/// Who shows this key of a tenant.
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

/// Who shows this key of the installation.
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
    let mut transaction = app.gate().await?;
    let holder = store::api_keys::identify(&mut transaction, &key.digest()).await?;
    let holder = holder.ok_or(ApiError::Unauthorized)?;
    transaction.commit().await?;
    Ok(holder)
}
