//! Tickets, each of which opens one live stream, once.

use chrono::{DateTime, Utc};
use domain::TenantId;
use serde_json::Value;
use sqlx::PgConnection;

use crate::{Error, rows};

/// The most unused tickets of one tenant.
pub const MOST_WAITING: i64 = 10_000;

/// Who asked for a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Bearer {
    /// Their tenant.
    pub tenant: TenantId,
    /// The caller, as the API has written them.
    pub caller: Value,
    /// When the stream has to end; `None` for never.
    pub session_ends_at: Option<DateTime<Utc>>,
}

/// Stores a ticket that can be used for so many seconds, and deletes expired ones. Returns until when it can be used,
/// or `None` if [`MOST_WAITING`] are unused already.
pub async fn issue(
    connection: &mut PgConnection,
    digest: &[u8; 32],
    bearer: &Bearer,
    seconds: i32,
) -> Result<Option<DateTime<Utc>>, Error> {
    let tenant = bearer.tenant.as_str();
    sqlx::query!("delete from stream_tickets where tenant_id = $1 and expires_at <= now()", tenant)
        .execute(&mut *connection)
        .await?;
    let until = sqlx::query_scalar!(
        "insert into stream_tickets (digest, tenant_id, caller, expires_at, session_ends_at)
         select $1, $2, $3, now() + make_interval(secs => $4), $5
         where $6 > (select count(*) from stream_tickets where tenant_id = $2)
         returning expires_at",
        &digest[..],
        tenant,
        bearer.caller,
        f64::from(seconds),
        bearer.session_ends_at,
        MOST_WAITING,
    )
    .fetch_optional(connection)
    .await?;
    Ok(until)
}

/// Uses a ticket up, and returns who asked for it. Returns `None` if there is no such ticket, it was used or has
/// expired, or it was asked for with a key that is worth nothing any more. Takes a transaction of
/// [`Store::gate`](crate::Store::gate).
pub async fn redeem(
    connection: &mut PgConnection,
    digest: &[u8; 32],
) -> Result<Option<Bearer>, Error> {
    let row = sqlx::query!(
        r#"delete from stream_tickets where digest = $1
           returning tenant_id, caller, session_ends_at, expires_at > now() as "valid!""#,
        &digest[..],
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row.filter(|row| row.valid) else { return Ok(None) };
    // Of people nothing is looked up, who need not wait then for those who look up keys.
    if row.caller["kind"] == "api_key" {
        let Some(key) = row.caller["id"].as_str() else { return Ok(None) };
        let good = sqlx::query_scalar!(
            r#"select exists (
                 select from api_keys
                 where id = $1::text::uuid and revoked_at is null
                   and (expires_at is null or expires_at > now())) as "good!""#,
            key,
        );
        if !good.fetch_one(connection).await? {
            return Ok(None);
        }
    }
    Ok(Some(Bearer {
        tenant: rows::tenant("stream_tickets", row.tenant_id)?,
        caller: row.caller,
        session_ends_at: row.session_ends_at,
    }))
}

/// Deletes at most `limit` expired tickets, of whatever tenant, the oldest first. Returns how many.
pub async fn forget(connection: &mut PgConnection, limit: i64) -> Result<u64, Error> {
    let forgotten = sqlx::query!(
        "delete from stream_tickets
         where digest in (
           select digest from stream_tickets
           where expires_at <= now()
           order by expires_at limit $1)",
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}
