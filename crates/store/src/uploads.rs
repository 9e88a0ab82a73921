//! Files that people attach. Each is recorded before its first byte, and given to a message once all are received. It
//! is left over if the message was never written, was taken back or was deleted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AttachmentId, MessageId, TenantId, Upload};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// A file that was received completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The file.
    pub upload: Upload,
    /// SHA-256 of it.
    pub digest: Vec<u8>,
}

/// A file that no message needs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The file.
    pub id: AttachmentId,
    /// Where it is.
    pub key: String,
    /// Whether a message had it, so that it was stored. Otherwise it may never have been received.
    pub stored: bool,
}

/// Records a file that is about to be received. If that fails, the file is left over ([`left`]).
pub async fn begin(
    connection: &mut PgConnection,
    tenant: &TenantId,
    file_name: &str,
    content_type: &str,
) -> Result<Upload, Error> {
    let id = AttachmentId::generate();
    let key = format!("{tenant}/{id}");
    sqlx::query!(
        "insert into uploads (id, tenant_id, object_key, file_name, content_type)
         values ($1, $2, $3, $4, $5)",
        id.0,
        tenant.as_str(),
        key,
        file_name,
        content_type
    )
    .execute(connection)
    .await?;
    let (file_name, content_type) = (file_name.to_owned(), content_type.to_owned());
    Ok(Upload { id, key, file_name, content_type, file_size: 0 })
}

/// How many bytes are kept of a tenant's files that were begun since then.
pub async fn kept_since(
    connection: &mut PgConnection,
    tenant: &TenantId,
    since: DateTime<Utc>,
) -> Result<i64, Error> {
    // The ids are in the order of time, so few rows are read without another index.
    let millis = u64::try_from(since.timestamp_millis()).unwrap_or_default();
    let first = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    Ok(sqlx::query_scalar!(
        r#"select coalesce(sum(file_size), 0)::bigint as "bytes!"
           from uploads where id >= $1 and tenant_id = $2"#,
        first,
        tenant.as_str()
    )
    .fetch_one(connection)
    .await?)
}

/// Attaches files to their message, in this order. Fails with [`Error::Swept`] if one of them is gone.
pub(crate) async fn attach(
    connection: &mut PgConnection,
    message: MessageId,
    files: &[Received],
) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let positions: Vec<i16> = (0..).take(files.len()).collect();
    let attached = sqlx::query!(
        "update uploads u
         set message_id = $1, position = x.position, file_size = x.size, digest = x.digest
         from unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bytea[])
           as x (id, position, size, digest)
         where u.id = x.id and u.message_id is null",
        message.0,
        &column!(files, |file| file.upload.id.0),
        &positions,
        &column!(files, |file| file.upload.file_size),
        &column!(files, |file| file.digest.as_slice()) as &[&[u8]],
    )
    .execute(connection)
    .await?;
    // A row that is missing was swept away: the request took longer than any may.
    if attached.rows_affected() == files.len() as u64 { Ok(()) } else { Err(Error::Swept) }
}

/// The digests of a message's files, in order.
pub(crate) async fn digests(
    connection: &mut PgConnection,
    message: MessageId,
) -> Result<Vec<Vec<u8>>, Error> {
    let digests = sqlx::query_scalar!(
        r#"select digest as "digest!" from uploads
           where message_id = $1 and digest is not null order by position"#,
        message.0
    )
    .fetch_all(connection)
    .await?;
    Ok(digests)
}

/// The file with this id, if the transaction may see it and its message is not deleted.
pub async fn get(connection: &mut PgConnection, id: AttachmentId) -> Result<Option<Upload>, Error> {
    let row = sqlx::query!(
        "select u.id, u.object_key, u.file_name, u.content_type, u.file_size
         from uploads u join messages m on m.id = u.message_id
         where u.id = $1 and not m.deleted and m.delete_operation is null",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Upload {
        id: AttachmentId(row.id),
        key: row.object_key,
        file_name: row.file_name,
        content_type: row.content_type,
        file_size: row.file_size,
    }))
}

/// At most `limit` files that no message needs any more. One that never had a message counts once it
/// is older than `patience`.
pub async fn left(
    connection: &mut PgConnection,
    patience: Duration,
    limit: i64,
) -> Result<Vec<Left>, Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", object_key as "object_key!", digest is not null as "stored!" from (
             (select id, object_key, digest from uploads
              where message_id is null
                and (digest is not null or created_at < now() - make_interval(secs => $1))
              order by created_at limit $2)
             union all
             (select u.id, u.object_key, u.digest
              from messages m join uploads u on u.message_id = m.id
              where m.deleted and m.uploads <> '[]' limit $2)
           ) as x limit $2"#,
        patience.as_secs_f64(),
        limit
    )
    .fetch_all(connection)
    .await?;
    let left = rows.into_iter().map(|row| Left {
        id: AttachmentId(row.id),
        key: row.object_key,
        stored: row.stored,
    });
    Ok(left.collect())
}

/// Removes the rows of files that are gone.
pub async fn forget(connection: &mut PgConnection, ids: &[AttachmentId]) -> Result<(), Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!("delete from uploads where id = any($1)", &ids).execute(connection).await?;
    Ok(())
}

/// Removes the rows of those of the files that no message has, and returns their keys. Waits for transactions that are
/// about to attach one of them.
pub async fn discard(
    connection: &mut PgConnection,
    ids: &[AttachmentId],
) -> Result<Vec<String>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let keys = sqlx::query_scalar!(
        "delete from uploads where id = any($1) and message_id is null returning object_key",
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(keys)
}
