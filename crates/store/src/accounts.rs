//! Chatwoot accounts that are served.

use domain::{AccountKey, Sealed, TenantId};
use sqlx::PgConnection;

use crate::Error;

/// A Chatwoot account. Its secrets are sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Our key of it.
    pub id: AccountKey,
    /// Whose it is.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// Its number there.
    pub chatwoot_account_id: i64,
    /// For people.
    pub name: Option<String>,
    /// An administrator's token.
    pub api_token: Sealed,
    /// Webhook secrets valid now, newest first.
    pub webhook_secrets: Vec<Sealed>,
    /// Number of our webhook there.
    pub webhook_id: Option<i64>,
    /// It signs nothing, by the operator's word.
    pub allow_unsigned: bool,
}

impl Account {
    /// What API tokens are sealed for.
    pub const TOKEN_PURPOSE: &'static str = "api-token";
}

/// Adds an account, or renews the token, name and tenant's consent of the one that is there. An
/// account that another tenant has is refused with [`Error::Exists`]. Gives back the key it has.
pub async fn put(connection: &mut PgConnection, account: &Account) -> Result<AccountKey, Error> {
    let id = sqlx::query_scalar!(
        "insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, name, sealed_api_token, allow_unsigned)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (base_url, chatwoot_account_id) do update
           set name = coalesce(excluded.name, chatwoot_accounts.name),
               sealed_api_token = excluded.sealed_api_token,
               allow_unsigned = excluded.allow_unsigned,
               updated_at = now()
           where chatwoot_accounts.tenant_id = excluded.tenant_id
         returning id",
        account.id.0,
        account.tenant.as_str(),
        account.base_url,
        account.chatwoot_account_id,
        account.name,
        account.api_token.0,
        account.allow_unsigned,
    )
    .fetch_optional(connection)
    .await?;
    id.map(AccountKey).ok_or_else(|| Error::Exists {
        constraint: "another tenant has this account".to_owned(),
        source: sqlx::Error::RowNotFound,
    })
}

/// Notes the webhook registered in Chatwoot and the secrets that are valid for it.
pub async fn set_webhook(
    connection: &mut PgConnection,
    id: AccountKey,
    webhook_id: i64,
    secrets: &[Sealed],
) -> Result<(), Error> {
    let secrets: Vec<Vec<u8>> = secrets.iter().map(|sealed| sealed.0.clone()).collect();
    sqlx::query!(
        "update chatwoot_accounts
         set webhook_id = $2, sealed_webhook_secrets = $3, updated_at = now() where id = $1",
        id.0,
        webhook_id,
        &secrets
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All accounts that the transaction may see, by tenant and number.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Account>, Error> {
    select(connection, None).await
}

/// The account with this key, if the transaction may see it.
pub async fn get(connection: &mut PgConnection, id: AccountKey) -> Result<Option<Account>, Error> {
    Ok(select(connection, Some(id)).await?.pop())
}

async fn select(
    connection: &mut PgConnection,
    id: Option<AccountKey>,
) -> Result<Vec<Account>, Error> {
    let rows = sqlx::query!(
        "select id, tenant_id, base_url, chatwoot_account_id, name, sealed_api_token,
                sealed_webhook_secrets, webhook_id, allow_unsigned
         from chatwoot_accounts where $1::uuid is null or id = $1
         order by tenant_id, base_url, chatwoot_account_id",
        id.map(|id| id.0)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Account {
                id: AccountKey(row.id),
                tenant: TenantId::try_from(row.tenant_id).map_err(|_| Error::Unreadable {
                    table: "chatwoot_accounts",
                    column: "tenant_id",
                })?,
                base_url: row.base_url,
                chatwoot_account_id: row.chatwoot_account_id,
                name: row.name,
                api_token: Sealed(row.sealed_api_token),
                webhook_secrets: row.sealed_webhook_secrets.into_iter().map(Sealed).collect(),
                webhook_id: row.webhook_id,
                allow_unsigned: row.allow_unsigned,
            })
        })
        .collect()
}

/// An account without its secrets, as its tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Our key of it.
    pub id: AccountKey,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// Its number there.
    pub chatwoot_account_id: i64,
    /// For people.
    pub name: Option<String>,
    /// What rate limits are counted by: see [`crate::hosts::Allowance`].
    pub host: String,
}

/// The accounts of a tenant, in a transaction of that tenant, by address and number.
pub async fn served(connection: &mut PgConnection) -> Result<Vec<Served>, Error> {
    let rows = sqlx::query!(
        r#"select id, base_url, chatwoot_account_id, name, axis_host(base_url) as "host!"
           from chatwoot_accounts order by base_url, chatwoot_account_id"#
    )
    .fetch_all(connection)
    .await?;
    let served = rows.into_iter().map(|row| Served {
        id: AccountKey(row.id),
        base_url: row.base_url,
        chatwoot_account_id: row.chatwoot_account_id,
        name: row.name,
        host: row.host,
    });
    Ok(served.collect())
}
