//! Finding the conversations with a rare label.

use domain::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::few::{FEW, if_few};
use crate::Error;

/// The ids of all of a tenant's conversations with a label, if they are few.
pub(super) async fn few(
    connection: &mut PgConnection,
    tenant: &TenantId,
    label: &str,
) -> Result<Option<Vec<Uuid>>, Error> {
    let ids = sqlx::query_scalar!(
        "select conversation_id from conversation_labels where tenant_id = $1 and label = $2 limit $3",
        tenant.as_str(),
        label,
        FEW + 1
    )
    .fetch_all(connection)
    .await?;
    Ok(if_few(ids))
}
