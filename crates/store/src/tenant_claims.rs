//! Which tenant an OpenID provider means by what it says.

use chrono::{DateTime, Utc};
use domain::TenantId;
use sqlx::PgConnection;

use crate::{Error, rows};

/// What the provider says, and whom it means.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantClaim {
    /// What the provider's claim says.
    pub claim: String,
    /// The tenant it means.
    pub tenant: TenantId,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

fn tenant(text: String) -> Result<TenantId, Error> {
    rows::tenant("tenant_claims", text)
}

/// What a claim means, once it was to mean a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// The claim, and whom it means; another tenant, if it meant that one before.
    pub claim: TenantClaim,
    /// It meant nobody before.
    pub new: bool,
}

/// Lets a claim mean this tenant, unless it means another one.
pub async fn put(
    connection: &mut PgConnection,
    claim: &str,
    tenant: &TenantId,
) -> Result<Put, Error> {
    let row = sqlx::query!(
        r#"insert into tenant_claims (claim, tenant_id) values ($1, $2)
           on conflict (claim) do update set claim = excluded.claim
           returning claim, tenant_id, created_at, xmax = 0 as "new!""#,
        claim,
        tenant.as_str(),
    )
    .fetch_one(connection)
    .await?;
    let tenant = self::tenant(row.tenant_id)?;
    let claim = TenantClaim { claim: row.claim, tenant, created_at: row.created_at };
    Ok(Put { claim, new: row.new })
}

/// Lets a claim mean nobody. False: it did not mean this tenant.
pub async fn remove(
    connection: &mut PgConnection,
    claim: &str,
    tenant: &TenantId,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "delete from tenant_claims where claim = $1 and tenant_id = $2",
        claim,
        tenant.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All that the transaction may see, by tenant; with a tenant, those that mean it.
pub async fn list(
    connection: &mut PgConnection,
    of: Option<&TenantId>,
) -> Result<Vec<TenantClaim>, Error> {
    let claims = sqlx::query!(
        "select claim, tenant_id, created_at from tenant_claims
         where $1::text is null or tenant_id = $1
         order by tenant_id, claim",
        of.map(TenantId::as_str)
    )
    .fetch_all(connection)
    .await?;
    claims
        .into_iter()
        .map(|row| {
            Ok(TenantClaim {
                claim: row.claim,
                tenant: tenant(row.tenant_id)?,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// The tenants that these claims mean. Takes a transaction of [`Store::gate`](crate::Store::gate).
pub async fn resolve(
    connection: &mut PgConnection,
    claims: &[String],
) -> Result<Vec<TenantId>, Error> {
    let named = sqlx::query_scalar!(
        "select distinct tenant_id from tenant_claims where claim = any($1) order by tenant_id",
        claims
    )
    .fetch_all(connection)
    .await?;
    named.into_iter().map(tenant).collect()
}
