//! Writing what was done here, as opposed to in Chatwoot.

use domain::{Activity, TenantId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Error, announcements};

/// Writes an activity whose id was made here, so that nobody else can have written it, and queues its announcement. A
/// tenant's own transaction may do so. What Chatwoot tells of, perhaps twice, is for [`super::record`].
pub async fn write(
    connection: &mut PgConnection,
    tenant: &TenantId,
    activity: &Activity,
) -> Result<(), Error> {
    let actor = activity.actor.as_ref().map(serde_json::to_value).transpose();
    let actor = actor.map_err(Error::encoding)?;
    sqlx::query!(
        "insert into activities
           (id, tenant_id, occurred_at, kind, source, account_id, conversation_id, actor, data)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        activity.id.0,
        tenant.as_str(),
        activity.occurred_at,
        activity.kind,
        activity.source,
        activity.account_id.map(|id| id.0),
        activity.conversation_id.map(|id| id.0),
        actor,
        Json(&activity.data) as _,
    )
    .execute(&mut *connection)
    .await?;
    announcements::keep(connection, tenant, activity).await
}
