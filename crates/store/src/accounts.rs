//! Chatwoot accounts that are served.

mod others;

use chrono::{DateTime, Utc};
use domain::{AccountKey, Sealed, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::locks::Lock;
use crate::{Error, PATIENCE, Store, outbox, rows, within};

pub use others::{Others, count_others};

/// A Chatwoot account. Its secrets are sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Our key of it.
    pub id: AccountKey,
    /// Whose it is.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// The same for people, if they open it elsewhere.
    pub screen_url: Option<String>,
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
    /// A caller named its address, and no operator: it is called at public addresses only.
    pub public_only: bool,
}

impl Account {
    /// What API tokens are sealed for.
    pub const TOKEN_PURPOSE: &'static str = "api-token";
}

/// What is said anew of an account that is there; what is none stays as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Whether it signs nothing.
    pub unsigned: Option<bool>,
    /// Whether it is called at public addresses only.
    pub public_only: Option<bool>,
}

/// Adds an account, or renews the token of the one that is there and whatever `said` names. What waits for it in the
/// outbox is tried at once. Returns the key that the account has, and [`Error::Taken`] if it is another tenant's.
pub async fn put(
    connection: &mut PgConnection,
    account: &Account,
    said: Said<'_>,
) -> Result<AccountKey, Error> {
    // Links of an account that was disconnected are gone for good; earlier versions did not delete them.
    sqlx::query!(
        "delete from account_links l using chatwoot_accounts a
         where a.id = l.account_id and a.base_url = $1 and a.chatwoot_account_id = $2
           and a.disconnected_at is not null",
        account.base_url,
        account.chatwoot_account_id
    )
    .execute(&mut *connection)
    .await?;
    let id = sqlx::query_scalar!(
        "insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, name, sealed_api_token, allow_unsigned,
            public_only, screen_url)
         values ($1, $2, $3, $4, $5, $6, coalesce($7, false), $8, $9)
         on conflict (base_url, chatwoot_account_id) do update
           set name = coalesce($10, chatwoot_accounts.name, excluded.name),
               screen_url = coalesce(excluded.screen_url, chatwoot_accounts.screen_url),
               sealed_api_token = excluded.sealed_api_token,
               allow_unsigned = coalesce($7, chatwoot_accounts.allow_unsigned),
               public_only = coalesce($11, chatwoot_accounts.public_only),
               disconnected_at = null,
               updated_at = now()
           where chatwoot_accounts.tenant_id = excluded.tenant_id
         returning id",
        account.id.0,
        account.tenant.as_str(),
        account.base_url,
        account.chatwoot_account_id,
        account.name,
        account.api_token.0,
        said.unsigned,
        account.public_only,
        account.screen_url,
        said.name,
        said.public_only,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let id = id.map(AccountKey).ok_or(Error::Taken)?;
    outbox::hasten_account(connection, id).await?;
    Ok(id)
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

/// Takes another token into use.
pub async fn set_token(
    connection: &mut PgConnection,
    id: AccountKey,
    token: &Sealed,
) -> Result<(), Error> {
    sqlx::query!(
        "update chatwoot_accounts set sealed_api_token = $2, updated_at = now() where id = $1",
        id.0,
        token.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps what an account has sealed, unchanged but sealed anew. Says whether it did: not if somebody has put another
/// token there meanwhile.
pub async fn reseal(
    connection: &mut PgConnection,
    account: &Account,
    token: &Sealed,
    secrets: &[Sealed],
) -> Result<bool, Error> {
    let secrets: Vec<Vec<u8>> = secrets.iter().map(|sealed| sealed.0.clone()).collect();
    let done = sqlx::query!(
        "update chatwoot_accounts set sealed_api_token = $3, sealed_webhook_secrets = $4
         where id = $1 and sealed_api_token = $2 and disconnected_at is null",
        account.id.0,
        account.api_token.0,
        token.0,
        &secrets
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Has what waits for an account tried at once. The transaction should not last long after that: workers wait for it.
pub async fn hasten(connection: &mut PgConnection, id: AccountKey) -> Result<(), Error> {
    outbox::hasten_account(connection, id).await
}

/// Has an account in hand until the transaction ends. False: somebody else has.
pub async fn hold(connection: &mut PgConnection, id: AccountKey) -> Result<bool, Error> {
    Lock::Account.try_take(connection, &id.to_string()).await
}

/// Waits until nobody else tells the receivers of this account; until the transaction ends, nobody
/// does.
pub async fn hold_source(connection: &mut PgConnection, id: AccountKey) -> Result<(), Error> {
    Lock::Source.take(connection, &id.to_string()).await
}

/// Ends the serving of an account and forgets its secrets, people's own tokens among them. Its row and
/// its data stay.
pub async fn end(connection: &mut PgConnection, id: AccountKey) -> Result<(), Error> {
    sqlx::query!(
        "update chatwoot_accounts
         set disconnected_at = now(), updated_at = now(), webhook_id = null,
             sealed_api_token = '', sealed_webhook_secrets = '{}'
         where id = $1",
        id.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from account_links where account_id = $1", id.0)
        .execute(connection)
        .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    tenant_id: String,
    base_url: String,
    screen_url: Option<String>,
    chatwoot_account_id: i64,
    name: Option<String>,
    sealed_api_token: Vec<u8>,
    sealed_webhook_secrets: Vec<Vec<u8>>,
    webhook_id: Option<i64>,
    allow_unsigned: bool,
    public_only: bool,
}

impl TryFrom<Row> for Account {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: AccountKey(row.id),
            tenant: rows::tenant("chatwoot_accounts", row.tenant_id)?,
            base_url: row.base_url,
            screen_url: row.screen_url,
            chatwoot_account_id: row.chatwoot_account_id,
            name: row.name,
            api_token: Sealed(row.sealed_api_token),
            webhook_secrets: row.sealed_webhook_secrets.into_iter().map(Sealed).collect(),
            webhook_id: row.webhook_id,
            allow_unsigned: row.allow_unsigned,
            public_only: row.public_only,
        })
    }
}

/// All accounts that are served, by tenant and number, for programs that carry everybody's events. A
/// database that is silent is given up.
pub async fn all(store: &Store) -> Result<Vec<Account>, Error> {
    within(PATIENCE, async { list(&mut *store.worker().await?).await }).await
}

async fn list(connection: &mut PgConnection) -> Result<Vec<Account>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, tenant_id, base_url, screen_url, chatwoot_account_id, name, sealed_api_token,
                sealed_webhook_secrets, webhook_id, allow_unsigned, public_only
         from chatwoot_accounts where disconnected_at is null
         order by tenant_id, base_url, chatwoot_account_id"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Account::try_from).collect()
}

/// The keys of all accounts that are not served any more. A database that is silent is given up.
pub async fn ended(store: &Store) -> Result<Vec<AccountKey>, Error> {
    let ended = async {
        let query = sqlx::query_scalar!(
            "select id from chatwoot_accounts where disconnected_at is not null"
        );
        Ok(query.fetch_all(&mut *store.worker().await?).await?)
    };
    let ended = within(PATIENCE, ended).await?;
    Ok(ended.into_iter().map(AccountKey).collect())
}

/// The account with this key, if it is served.
pub async fn get(connection: &mut PgConnection, id: AccountKey) -> Result<Option<Account>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, tenant_id, base_url, screen_url, chatwoot_account_id, name, sealed_api_token,
                sealed_webhook_secrets, webhook_id, allow_unsigned, public_only
         from chatwoot_accounts where id = $1 and disconnected_at is null",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(Account::try_from).transpose()
}

/// An account as its tenant's people see it: without secrets, and after its end too.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Our key of it.
    pub id: AccountKey,
    /// Scheme and host of the installation.
    #[serde(rename = "chatwootUrl")]
    pub base_url: String,
    /// The same for people, if they open it elsewhere.
    pub screen_url: Option<String>,
    /// Its number there.
    pub chatwoot_account_id: i64,
    /// For people.
    pub name: Option<String>,
    /// Number of our webhook there.
    pub webhook_id: Option<i64>,
    /// It signs nothing, by the operator's word.
    pub allow_unsigned: bool,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
    /// When its settings last changed.
    pub updated_at: DateTime<Utc>,
    /// Since when it is not served any more.
    pub disconnected_at: Option<DateTime<Utc>>,
}

/// All accounts that the transaction may see, by number; with an id, that one.
pub async fn shown(
    connection: &mut PgConnection,
    tenant: &TenantId,
    id: Option<AccountKey>,
) -> Result<Vec<Shown>, Error> {
    let rows = sqlx::query!(
        "select id, base_url, screen_url, chatwoot_account_id, name, webhook_id, allow_unsigned,
                created_at, updated_at, disconnected_at
         from chatwoot_accounts
         where tenant_id = $1 and ($2::uuid is null or id = $2)
         order by base_url, chatwoot_account_id",
        tenant.as_str(),
        id.map(|id| id.0)
    )
    .fetch_all(connection)
    .await?;
    let shown = rows.into_iter().map(|row| Shown {
        id: AccountKey(row.id),
        base_url: row.base_url,
        screen_url: row.screen_url,
        chatwoot_account_id: row.chatwoot_account_id,
        name: row.name,
        webhook_id: row.webhook_id,
        allow_unsigned: row.allow_unsigned,
        created_at: row.created_at,
        updated_at: row.updated_at,
        disconnected_at: row.disconnected_at,
    });
    Ok(shown.collect())
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
    /// It was disconnected; what it told is there.
    pub ended: bool,
}

/// The accounts of a tenant, in a transaction of that tenant, by address and number; those that were
/// disconnected too.
pub async fn served(connection: &mut PgConnection) -> Result<Vec<Served>, Error> {
    let rows = sqlx::query!(
        r#"select id, base_url, chatwoot_account_id, name, axis_host(base_url) as "host!",
                  disconnected_at is not null as "ended!"
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
        ended: row.ended,
    });
    Ok(served.collect())
}
