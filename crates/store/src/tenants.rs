//! Companies that share the deployment.

use chrono::{DateTime, Utc};
use domain::TenantId;
use sqlx::PgConnection;

use crate::Error;

/// A tenant.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its short name.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Since when it is here.
    pub created_at: DateTime<Utc>,
}

/// Makes a tenant, or renames the one that is there.
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

/// Gives a tenant another name.
pub async fn rename(connection: &mut PgConnection, id: &TenantId, name: &str) -> Result<(), Error> {
    sqlx::query!("update tenants set name = $2 where id = $1", id.as_str(), name)
        .execute(connection)
        .await?;
    Ok(())
}

/// All tenants, by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Tenant>, Error> {
    let rows = sqlx::query!("select id, name, created_at from tenants order by id")
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let id = TenantId::try_from(row.id)
                .map_err(|_| Error::Unreadable { table: "tenants", column: "id" })?;
            Ok(Tenant { id, name: row.name, created_at: row.created_at })
        })
        .collect()
}
