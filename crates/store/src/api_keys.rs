//! API keys: machines that may use the API.

use chrono::{DateTime, Utc};
use domain::{ApiKeyId, Permissions, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, rows};

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The tenant that it belongs to; `None` for the installation's.
    pub tenant: Option<TenantId>,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Who created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it expires, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A key to be created.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// The tenant that it belongs to; `None` for the installation's.
    pub tenant: Option<&'a TenantId>,
    /// What it is for.
    pub name: &'a str,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it may do.
    pub permissions: Permissions,
    /// Who creates it.
    pub created_by: &'a str,
    /// When it expires, if it does.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The holder of a valid key.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The key's id.
    pub id: ApiKeyId,
    /// The tenant that it belongs to; `None` for the installation's.
    pub tenant: Option<TenantId>,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// When it expires, if it does.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How many valid keys one tenant, or the installation, may have.
pub const MOST_VALID: i64 = 200;

struct Row {
    id: Uuid,
    tenant_id: Option<String>,
    name: String,
    permissions: Vec<String>,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for ApiKey {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: ApiKeyId(row.id),
            tenant: tenant(row.tenant_id)?,
            name: row.name,
            permissions: Permissions::known(&row.permissions),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    }
}

fn tenant(text: Option<String>) -> Result<Option<TenantId>, Error> {
    text.map(|text| rows::tenant("api_keys", text)).transpose()
}

/// Creates a key. Returns `None` if its owner has [`MOST_VALID`] of them already.
pub async fn create(
    connection: &mut PgConnection,
    key: &NewApiKey<'_>,
) -> Result<Option<ApiKey>, Error> {
    let row = sqlx::query_as!(
        Row,
        "insert into api_keys (id, tenant_id, name, digest, permissions, created_by, expires_at)
         select $1, $2, $3, $4, $5, $6, $7
         where $8 > (select count(*) from api_keys
                     where tenant_id is not distinct from $2 and revoked_at is null
                       and (expires_at is null or expires_at > now()))
         returning id, tenant_id, name, permissions, created_by, created_at, expires_at,
                   last_used_at, revoked_at",
        ApiKeyId::generate().0,
        key.tenant.map(TenantId::as_str),
        key.name,
        &key.digest[..],
        &key.permissions.names(),
        key.created_by,
        key.expires_at,
        MOST_VALID,
    )
    .fetch_optional(connection)
    .await?;
    row.map(ApiKey::try_from).transpose()
}

/// Whose keys to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Anybody's.
    Any,
    /// This tenant's.
    Tenant(&'a TenantId),
    /// The installation's.
    Installation,
}

/// At most `limit` of this owner's keys that the transaction may see, newest first, after skipping `skip` of them.
pub async fn list(
    connection: &mut PgConnection,
    owner: Owner<'_>,
    skip: u32,
    limit: u32,
) -> Result<Vec<ApiKey>, Error> {
    let tenant = match owner {
        Owner::Tenant(tenant) => Some(tenant.as_str()),
        Owner::Any | Owner::Installation => None,
    };
    let keys = sqlx::query_as!(
        Row,
        "select id, tenant_id, name, permissions, created_by, created_at, expires_at, last_used_at,
                revoked_at
         from api_keys
         where ($1::text is null or tenant_id = $1) and (not $4 or tenant_id is null)
         order by created_at desc, id desc
         offset $2 limit $3",
        tenant,
        i64::from(skip),
        i64::from(limit),
        owner == Owner::Installation,
    )
    .fetch_all(connection)
    .await?;
    keys.into_iter().map(ApiKey::try_from).collect()
}

/// The key with this id, if the transaction may see it.
pub async fn get(connection: &mut PgConnection, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, tenant_id, name, permissions, created_by, created_at, expires_at, last_used_at,
                revoked_at
         from api_keys where id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(ApiKey::try_from).transpose()
}

/// Revokes a key from now on. Returns false if it was revoked already, or does not exist.
pub async fn revoke(connection: &mut PgConnection, id: ApiKeyId) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update api_keys set revoked_at = now() where id = $1 and revoked_at is null",
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a key has not been revoked. If so, nobody can revoke it before the transaction ends: what it creates until
/// then is found by whoever revokes it with what it created.
pub async fn hold(connection: &mut PgConnection, id: ApiKeyId) -> Result<bool, Error> {
    let held = sqlx::query_scalar!(
        "select id from api_keys where id = $1 and revoked_at is null for share",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(held.is_some())
}

/// The valid ones of the keys that a key created, that those created, and so on.
pub async fn created_by(connection: &mut PgConnection, id: ApiKeyId) -> Result<Vec<ApiKey>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"with recursive created as (
             select id from api_keys where created_by = 'api_key ' || $1::uuid
             union
             select k.id from created c join api_keys k on k.created_by = 'api_key ' || c.id
           )
           select id, tenant_id, name, permissions, created_by, created_at, expires_at,
                  last_used_at, revoked_at
           from api_keys
           where id in (select id from created) and revoked_at is null
             and (expires_at is null or expires_at > now())
           order by created_at, id"#,
        id.0,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Revokes what [`created_by`] finds, from now on, and returns it. The key itself must be revoked before.
pub async fn revoke_created(
    connection: &mut PgConnection,
    id: ApiKeyId,
) -> Result<Vec<ApiKey>, Error> {
    let mut revoked = Vec::new();
    loop {
        // What they created before they were revoked is found by now.
        let created = created_by(connection, id).await?;
        if created.is_empty() {
            return Ok(revoked);
        }
        for key in created {
            if revoke(connection, key.id).await? {
                revoked.push(key);
            }
        }
    }
}

/// Finds the holder of the key with this digest, if it is neither revoked nor expired. Takes a transaction of
/// [`Store::gate`](crate::Store::gate).
pub async fn identify(
    connection: &mut PgConnection,
    digest: &[u8; 32],
) -> Result<Option<Holder>, Error> {
    let row = sqlx::query!(
        "with valid as (
           select id, tenant_id, name, permissions, expires_at, last_used_at
           from api_keys
           where digest = $1 and revoked_at is null and (expires_at is null or expires_at > now())
         ), used as (
           -- To the minute: a busy key shall not write with each request.
           update api_keys set last_used_at = now()
           from valid
           where api_keys.id = valid.id
             and (valid.last_used_at is null or valid.last_used_at < now() - interval '1 minute')
         )
         select id, tenant_id, name, permissions, expires_at from valid",
        &digest[..],
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Holder {
            id: ApiKeyId(row.id),
            tenant: tenant(row.tenant_id)?,
            name: row.name,
            permissions: Permissions::known(&row.permissions),
            expires_at: row.expires_at,
        })
    })
    .transpose()
}

/// The ids of all who act for the same person as this caller of the transaction's tenant, the caller included: the
/// person, the keys that they created, and the keys that those created. A key that an operator created acts for itself.
pub async fn of_one_person(
    connection: &mut PgConnection,
    signature: &str,
) -> Result<Vec<String>, Error> {
    let ids = sqlx::query_scalar!(
        r#"with recursive makers as (
             select $1::text as who
             union
             select k.created_by from makers m
             join api_keys k on m.who = 'api_key ' || k.id and k.created_by ~ '^(member|api_key) '
           ), all_of_them as (
             select who from makers
             union
             select 'api_key ' || k.id from all_of_them a join api_keys k on k.created_by = a.who
           )
           select substr(who, strpos(who, ' ') + 1) as "id!" from all_of_them"#,
        signature,
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}
