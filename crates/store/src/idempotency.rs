//! Idempotency keys: requests that are sent again get the answer that they got before.
//!
//! The answer is written in the transaction of the change that it tells of, so either both are there or neither. While
//! that transaction is open it holds a lock on the request's key: a second request is told that the first is under way,
//! and a program that dies leaves nothing behind.
//!
//! An answer that has expired is not given again. A worker deletes it.

use std::time::Duration;

use domain::TenantId;
use sqlx::PgConnection;

use crate::Error;
use crate::locks::Lock;

/// A request with the idempotency key that its caller gave.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The caller's tenant; `None` for a caller of the installation.
    pub tenant: Option<&'a TenantId>,
    /// The caller.
    pub principal: &'a str,
    /// The key.
    pub key: &'a str,
    /// The digest of what it asks for.
    pub digest: &'a [u8],
}

impl Request<'_> {
    /// What the rows have in place of the tenant. No tenant's name is that of the installation.
    fn owner(&self) -> &str {
        self.tenant.map_or("*", TenantId::as_str)
    }
}

/// An answer that may be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where the created resource is.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The key is new. The caller has it until the transaction ends, and carries the request out.
    Fresh,
    /// The request was answered.
    Answered(Answer),
    /// Another request used the key.
    Other,
    /// The request is being carried out.
    UnderWay,
}

/// Looks up whether a request was sent before, and claims its key if not.
pub async fn claim(connection: &mut PgConnection, request: &Request<'_>) -> Result<Claimed, Error> {
    let name = [request.owner(), request.principal, request.key].join("\n");
    if !Lock::Request.try_take(connection, &name).await? {
        return Ok(Claimed::UnderWay);
    }
    let known = sqlx::query!(
        "select request, status, location, body from idempotency_keys
         where tenant_id = $1 and principal_id = $2 and key = $3 and expires_at > now()",
        request.owner(),
        request.principal,
        request.key
    )
    .fetch_optional(connection)
    .await?;
    Ok(match known {
        None => Claimed::Fresh,
        Some(known) if known.request != request.digest => Claimed::Other,
        Some(known) => Claimed::Answered(Answer {
            status: known
                .status
                .try_into()
                .map_err(|_| Error::Unreadable { table: "idempotency_keys", column: "status" })?,
            location: known.location,
            body: known.body,
        }),
    })
}

/// Stores the answer to a request that was [`Claimed::Fresh`] for as long as `keep` says.
pub async fn keep(
    connection: &mut PgConnection,
    request: &Request<'_>,
    answer: &Answer,
    keep: Duration,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into idempotency_keys
           (tenant_id, principal_id, key, request, status, location, body, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
         on conflict (tenant_id, principal_id, key) do update
           set request = excluded.request, status = excluded.status,
               location = excluded.location, body = excluded.body,
               created_at = now(), expires_at = excluded.expires_at",
        request.owner(),
        request.principal,
        request.key,
        request.digest,
        i16::try_from(answer.status).unwrap_or(0),
        answer.location.as_deref(),
        answer.body,
        keep.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes at most `limit` expired answers, of whatever tenant, the oldest first. Returns how many.
pub async fn forget(connection: &mut PgConnection, limit: i64) -> Result<u64, Error> {
    let forgotten = sqlx::query!(
        // Of a row that is written while this waits for it, only the outer condition is looked at again.
        "delete from idempotency_keys
         where expires_at <= now() and (tenant_id, principal_id, key) in (
           select tenant_id, principal_id, key from idempotency_keys
           where expires_at <= now()
           order by expires_at limit $1)",
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}
