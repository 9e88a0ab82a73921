//! Which activities are there already, for comparing the timeline with Chatwoot.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::ActivityId;
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
