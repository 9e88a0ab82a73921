//! Finding the conversations of a rare label.

use domain::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// Labels that more conversations bear are common: a list in its own order finds them soon.
const FEW: i64 = 1_000;

/// Ids of all of a tenant's conversations that bear a label, if they are few.
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
    Ok(i64::try_from(ids.len()).is_ok_and(|found| found <= FEW).then_some(ids))
}
