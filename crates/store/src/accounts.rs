//! The Chatwoot accounts that are served.

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
    /// Our own key for the account.
    pub id: AccountKey,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// Where people open the installation, if that is another address.
    pub screen_url: Option<String>,
    /// The account's number in that installation.
    pub chatwoot_account_id: i64,
    /// A name to show to people.
    pub name: Option<String>,
    /// An administrator's access token, sealed for [`Account::TOKEN_PURPOSE`].
    pub api_token: Sealed,
    /// The webhook secrets that are valid now, newest first; sealed.
    pub webhook_secrets: Vec<Sealed>,
    /// The number of our webhook in the installation.
    pub webhook_id: Option<i64>,
    /// The operator accepts that its webhooks are not signed.
    pub allow_unsigned: bool,
    /// A caller of the API named the address, not an operator, so it is called at public addresses only.
    pub public_only: bool,
}

impl Account {
    /// The purpose that API tokens are sealed for.
    pub const TOKEN_PURPOSE: &'static str = "api-token";
}

/// What to change in an existing account. A field that is `None` leaves things as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// A new name.
    pub name: Option<&'a str>,
    /// Whether unsigned webhooks are accepted.
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
    let secrets = column!(account.webhook_secrets, |secret| secret.0.clone());
    let id = sqlx::query_scalar!(
        "insert into chatwoot_accounts
           (id, tenant_id, base_url, chatwoot_account_id, name, sealed_api_token, allow_unsigned,
            public_only, screen_url, sealed_webhook_secrets)
         values ($1, $2, $3, $4, $5, $6, $12, $8, $9, $13)
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
        account.allow_unsigned,
        &secrets,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let id = id.map(AccountKey).ok_or(Error::Taken)?;
    outbox::hasten_account(connection, id).await?;
    Ok(id)
}

/// Saves the number of the webhook that is registered in Chatwoot, and the secrets that are valid for it.
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

/// Replaces the access token.
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

/// Saves an account's token and webhook secrets, the same ones under another key. Returns false if somebody has
/// replaced the token since `account` was read.
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

/// Ends the waits of the account's commands, so that they are tried at once. Commit soon afterwards: workers wait for
/// this transaction.
pub async fn hasten(connection: &mut PgConnection, id: AccountKey) -> Result<(), Error> {
    outbox::hasten_account(connection, id).await
}

/// Takes exclusive hold of an account until the transaction ends. Returns false if somebody else has it.
pub async fn hold(connection: &mut PgConnection, id: AccountKey) -> Result<bool, Error> {
    Lock::Account.try_take(connection, &id.to_string()).await
}

/// Waits for the exclusive right to publish this account to the receivers, and keeps it until the transaction ends.
pub async fn hold_source(connection: &mut PgConnection, id: AccountKey) -> Result<(), Error> {
    Lock::Source.take(connection, &id.to_string()).await
}

/// Disconnects an account and deletes its secrets, people's own tokens among them. Its row and its data stay.
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

/// All accounts that are served, ordered by tenant, installation and number, for programs that work for all tenants.
/// Fails if the database does not answer within [`PATIENCE`].
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

/// The keys of all accounts that were disconnected, and when. Fails if the database does not answer within
/// [`PATIENCE`].
pub async fn ended(store: &Store) -> Result<Vec<(AccountKey, DateTime<Utc>)>, Error> {
    let ended = async {
        let query = sqlx::query!(
            r#"select id, disconnected_at as "at!" from chatwoot_accounts
               where disconnected_at is not null"#
        );
        Ok(query.fetch_all(&mut *store.worker().await?).await?)
    };
    let ended = within(PATIENCE, ended).await?;
    Ok(ended.into_iter().map(|row| (AccountKey(row.id), row.at)).collect())
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

/// Whether the account is served. Waits for whoever is just connecting or disconnecting it.
pub async fn is_served(connection: &mut PgConnection, id: AccountKey) -> Result<bool, Error> {
    let served = sqlx::query_scalar!(
        r#"select disconnected_at is null as "served!" from chatwoot_accounts
           where id = $1 for share"#,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(served.unwrap_or_default())
}

/// An account as its tenant's people see it: without secrets, and even after it was disconnected.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Our own key for the account.
    pub id: AccountKey,
    /// Scheme and host of the installation.
    #[serde(rename = "chatwootUrl")]
    pub base_url: String,
    /// Where people open the installation, if that is another address.
    pub screen_url: Option<String>,
    /// The account's number in that installation.
    pub chatwoot_account_id: i64,
    /// A name to show to people.
    pub name: Option<String>,
    /// The number of our webhook in the installation.
    pub webhook_id: Option<i64>,
    /// The operator accepts that its webhooks are not signed.
    pub allow_unsigned: bool,
    /// When the account was first connected.
    pub created_at: DateTime<Utc>,
    /// When its settings last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was disconnected, if it was.
    pub disconnected_at: Option<DateTime<Utc>>,
}

/// A tenant's accounts that the transaction may see, ordered by installation and number; with an id, only that one.
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

/// The essentials of an account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Our own key for the account.
    pub id: AccountKey,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// The account's number in that installation.
    pub chatwoot_account_id: i64,
    /// A name to show to people.
    pub name: Option<String>,
    /// What rate limits are counted by; see [`crate::hosts::Allowance`].
    pub host: String,
    /// It was disconnected; its data are still here.
    pub ended: bool,
}

/// The accounts of the tenant whose transaction this is, disconnected ones included, ordered by installation and
/// number.
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
