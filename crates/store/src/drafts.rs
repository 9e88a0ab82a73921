//! What people have begun to write.

use chrono::{DateTime, Utc};
use domain::{ConversationId, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// What a person has begun to write in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text so far.
    pub content: String,
    /// It is to be a note.
    pub private: bool,
    /// When it was kept.
    pub updated_at: DateTime<Utc>,
}

/// A person's draft in a conversation.
pub async fn get(
    connection: &mut PgConnection,
    conversation: ConversationId,
    principal: &str,
) -> Result<Option<Draft>, Error> {
    let draft = sqlx::query_as!(
        Draft,
        "select content, private, updated_at from drafts
         where conversation_id = $1 and principal_id = $2",
        conversation.0,
        principal
    )
    .fetch_optional(connection)
    .await?;
    Ok(draft)
}

/// Keeps a draft in place of the one before. None if the tenant has no such conversation.
pub async fn put(
    connection: &mut PgConnection,
    tenant: &TenantId,
    conversation: ConversationId,
    principal: &str,
    content: &str,
    private: bool,
) -> Result<Option<Draft>, Error> {
    let draft = sqlx::query_as!(
        Draft,
        "insert into drafts as d (conversation_id, principal_id, tenant_id, content, private)
         select c.id, $3, c.tenant_id, $4, $5
         from conversations c where c.id = $1 and c.tenant_id = $2
         on conflict (conversation_id, principal_id) do update
           set content = excluded.content, private = excluded.private, updated_at = now()
         returning content, private, updated_at",
        conversation.0,
        tenant.as_str(),
        principal,
        content,
        private
    )
    .fetch_optional(connection)
    .await?;
    Ok(draft)
}

/// Throws a draft away, if there is one.
pub async fn delete(
    connection: &mut PgConnection,
    conversation: ConversationId,
    principal: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from drafts where conversation_id = $1 and principal_id = $2",
        conversation.0,
        principal
    )
    .execute(connection)
    .await?;
    Ok(())
}
