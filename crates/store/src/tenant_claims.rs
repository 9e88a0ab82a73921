//! Which tenant is meant by what an OpenID provider's claim says.

use chrono::{DateTime, Utc};
use domain::TenantId;
use sqlx::PgConnection;

use crate::{Error, rows};

/// What the provider's claim says, and the tenant that it means.
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

/// The result of [`put`].
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// The claim and the tenant that it means, which is another one if the claim meant that one before.
    pub claim: TenantClaim,
    /// Whether it meant no tenant before.
    pub new: bool,
}

/// Makes a claim mean this tenant, unless it means another one.
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

/// Makes a claim mean no tenant any more. Returns false if it did not mean this one.
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

/// All claims that the transaction may see, ordered by tenant; with `of`, only those that mean that tenant.
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
