//! Which activities are there already, for comparing the timeline with Chatwoot.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::{AccountKey, ActivityId};
use serde_json::Value;
use sqlx::PgConnection;

use crate::Error;

/// Those of the given activities that are in the timeline. None of them may have happened before `since`: months before
/// that are not read.
pub async fn told(
    connection: &mut PgConnection,
    ids: &[ActivityId],
    since: DateTime<Utc>,
) -> Result<HashSet<ActivityId>, Error> {
    let told = sqlx::query_scalar!(
        "select id from activities where id = any($1) and occurred_at >= $2",
        &column!(ids, |id| id.0),
        since
    )
    .fetch_all(connection)
    .await?;
    Ok(told.into_iter().map(ActivityId).collect())
}

/// The last change of a conversation's status: when it happened, and what the status became.
pub async fn last_status(
    connection: &mut PgConnection,
    account: AccountKey,
    display_id: i64,
) -> Result<Option<(DateTime<Utc>, Value)>, Error> {
    // The kind is no parameter, since the index is one of this kind only.
    let last = sqlx::query!(
        r#"select occurred_at, data -> 'to' as "became!" from activities
           where conversation_id = (select id from conversations
                                    where account_id = $1 and display_id = $2)
             and kind = 'conversation_status_changed' and data ? 'to'
           order by occurred_at desc, id desc limit 1"#,
        account.0,
        display_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(last.map(|last| (last.occurred_at, last.became)))
}
