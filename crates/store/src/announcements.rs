//! Changes that are committed but not known to be announced. A row is written with the change that it tells of. Whoever
//! wrote it announces it at once and removes the row; what is left after a while is announced by an outbound worker.

use std::time::Duration;

use domain::{Activity, ActivityId, MessageId, TenantId};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{Error, rows};

/// Queues the announcement of an activity, which is due once the transaction commits.
pub async fn keep(
    connection: &mut PgConnection,
    tenant: &TenantId,
    activity: &Activity,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into announcements (activity_id, tenant_id, activity) values ($1, $2, $3)
         on conflict (activity_id) do nothing",
        activity.id.0,
        tenant.as_str(),
        written(activity)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues the announcement of a message's state, in place of an older state that was not announced: told late, that one
/// would only confuse.
pub async fn keep_state(
    connection: &mut PgConnection,
    tenant: &TenantId,
    message: MessageId,
    activity: &Activity,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into announcements (activity_id, tenant_id, state_of, activity)
         values ($1, $2, $3, $4)
         on conflict (state_of) do update
           set activity_id = excluded.activity_id, activity = excluded.activity,
               created_at = excluded.created_at",
        activity.id.0,
        tenant.as_str(),
        message.0,
        written(activity)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes activities that have been announced.
pub async fn remove(connection: &mut PgConnection, activities: &[ActivityId]) -> Result<(), Error> {
    let ids: Vec<_> = activities.iter().map(|id| id.0).collect();
    sqlx::query!("delete from announcements where activity_id = any($1)", &ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// An activity that nobody has announced.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// Its id.
    pub id: ActivityId,
    /// The tenant whose activity it is.
    pub tenant: TenantId,
    /// An [`Activity`], as some program wrote it.
    pub activity: Value,
}

/// At most `limit` activities that have waited for `patience` or longer and that nobody else has locked, oldest first.
/// They stay locked until the transaction ends, so a newer state of a message waits until the older one is announced.
pub async fn take_left(
    connection: &mut PgConnection,
    patience: Duration,
    limit: i64,
) -> Result<Vec<Left>, Error> {
    let left = sqlx::query!(
        "select activity_id, tenant_id, activity from announcements
         where created_at <= now() - make_interval(secs => $1)
         order by created_at, activity_id limit $2
         for update skip locked",
        patience.as_secs_f64(),
        limit
    )
    .fetch_all(connection)
    .await?;
    left.into_iter()
        .map(|row| {
            Ok(Left {
                id: ActivityId(row.activity_id),
                tenant: rows::tenant("announcements", row.tenant_id)?,
                activity: row.activity,
            })
        })
        .collect()
}

fn written(activity: &Activity) -> Result<Value, Error> {
    serde_json::to_value(activity).map_err(Error::encoding)
}
