//! Machines, by their API key.

use domain::Token;

use super::{CallerKind, Principal};
use crate::App;
use crate::error::ApiError;

/// Who shows this key.
pub(super) async fn holder(key: &Token, app: &App) -> Result<Principal, ApiError> {
    let mut transaction = app.store.gate().await?;
    let holder = store::api_keys::identify(&mut transaction, &key.digest()).await?;
    let holder = holder.ok_or(ApiError::Unauthorized)?;
    store::commit(transaction).await?;
    Ok(Principal {
        tenant: holder.tenant,
        kind: CallerKind::ApiKey,
        id: holder.id.to_string(),
        name: holder.name,
        email: None,
        permissions: holder.permissions,
        ends_at: holder.expires_at,
    })
}
