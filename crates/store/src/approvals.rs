//! What was asked of those who may decide.

use chrono::{DateTime, Utc};
use domain::{ApprovalId, ConversationId, TenantId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// A request that somebody decides, or has decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The conversation it is about.
    pub conversation_id: ConversationId,
    /// `escalation`, `refund`, `discount`, …
    pub kind: String,
    /// `submitted`, `approved`, `rejected` or `withdrawn`.
    pub status: String,
    /// Why it was asked.
    pub reason: String,
    /// What was asked, frozen.
    pub metadata: Value,
    /// Who asked.
    pub requested_by: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The decider's words.
    pub decision: Option<String>,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// Which approvals to list; what is none does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With this status.
    pub status: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
}

struct Row {
    id: Uuid,
    conversation_id: Uuid,
    kind: String,
    status: String,
    reason: String,
    metadata: Value,
    requested_by: String,
    decided_by: Option<String>,
    decision: Option<String>,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
}

impl From<Row> for Approval {
    fn from(row: Row) -> Self {
        Self {
            id: ApprovalId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            kind: row.kind,
            status: row.status,
            reason: row.reason,
            metadata: row.metadata,
            requested_by: row.requested_by,
            decided_by: row.decided_by,
            decision: row.decision,
            created_at: row.created_at,
            decided_at: row.decided_at,
        }
    }
}

/// At most `limit` approvals of a tenant after the first `skip`, newest first.
pub async fn list(
    connection: &mut PgConnection,
    tenant: &TenantId,
    filter: &Filter,
    skip: u32,
    limit: u32,
) -> Result<Vec<Approval>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, conversation_id, kind, status, reason, metadata, requested_by, decided_by,
                decision, created_at, decided_at
         from approvals
         where tenant_id = $1
           and ($2::text is null or status = $2)
           and ($3::text is null or kind = $3)
         order by created_at desc, id desc
         limit $4 offset $5",
        tenant.as_str(),
        filter.status.as_deref(),
        filter.kind.as_deref(),
        i64::from(limit),
        i64::from(skip),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// The approval with this id, if the transaction may see it.
pub async fn get(connection: &mut PgConnection, id: ApprovalId) -> Result<Option<Approval>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, conversation_id, kind, status, reason, metadata, requested_by, decided_by,
                decision, created_at, decided_at
         from approvals where id = $1",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Approval::from))
}
