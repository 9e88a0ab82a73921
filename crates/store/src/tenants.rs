//! Tenants: the companies that share the deployment.

use chrono::{DateTime, Utc};
use domain::TenantId;
use sqlx::PgConnection;

use crate::Error;

/// A tenant.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its short name, which is its id.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Creates a tenant, or renames the one that exists.
pub async fn put(connection: &mut PgConnection, id: &TenantId, name: &str) -> Result<(), Error> {
    sqlx::query!(
        "insert into tenants (id, name) values ($1, $2)
         on conflict (id) do update set name = excluded.name",
        id.as_str(),
        name
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Creates a tenant. Returns false if there is one with this id.
pub async fn create(
    connection: &mut PgConnection,
    id: &TenantId,
    name: &str,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "insert into tenants (id, name) values ($1, $2) on conflict (id) do nothing",
        id.as_str(),
        name
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Renames a tenant, and returns its previous name, or `None` if there is no such tenant.
pub async fn rename(
    connection: &mut PgConnection,
    id: &TenantId,
    name: &str,
) -> Result<Option<String>, Error> {
    let before = sqlx::query_scalar!(
        "with before as (select id, name from tenants where id = $1 for update)
         update tenants set name = $2 from before where tenants.id = before.id
         returning before.name",
        id.as_str(),
        name
    )
    .fetch_optional(connection)
    .await?;
    Ok(before)
}

/// A tenant, and the claims that mean it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The tenant.
    pub tenant: Tenant,
    /// What an OpenID provider's claim may say to mean it.
    pub claims: Vec<String>,
}

/// At most `limit` tenants that the transaction may see, ordered by id, after skipping `skip` of them; with an id, only
/// that one.
pub async fn described(
    connection: &mut PgConnection,
    id: Option<&TenantId>,
    skip: u32,
    limit: u32,
) -> Result<Vec<Described>, Error> {
    let rows = sqlx::query!(
        r#"select id, name, created_at,
                  array(select claim from tenant_claims c where c.tenant_id = t.id order by claim)
                    as "claims!"
           from tenants t
           where $1::text is null or id = $1
           order by id
           offset $2 limit $3"#,
        id.map(TenantId::as_str),
        i64::from(skip),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let tenant = Tenant { id: read(row.id)?, name: row.name, created_at: row.created_at };
            Ok(Described { tenant, claims: row.claims })
        })
        .collect()
}

/// All tenants, ordered by id.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Tenant>, Error> {
    let rows = sqlx::query!("select id, name, created_at from tenants order by id")
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok(Tenant { id: read(row.id)?, name: row.name, created_at: row.created_at }))
        .collect()
}

fn read(id: String) -> Result<TenantId, Error> {
    TenantId::try_from(id).map_err(|_| Error::Unreadable { table: "tenants", column: "id" })
}
