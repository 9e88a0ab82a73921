//! What the timeline has, for comparing it with Chatwoot.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::ActivityId;
use sqlx::PgConnection;

use crate::Error;

/// Those of these activities that are there. None of them happened before `since`, so that no month before is
/// looked at.
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
