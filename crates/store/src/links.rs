//! People's own Chatwoot tokens. What somebody writes here goes out with their own token, if they have linked one.

use chrono::{DateTime, Utc};
use domain::{AccountKey, OperationId, Sealed};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, PATIENCE, Store, within};

/// The purpose that people's own tokens are sealed for.
pub const TOKEN_PURPOSE: &str = "own-token";

/// A person's link to a user of an account's Chatwoot, without the token that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The account.
    pub account: AccountKey,
    /// The person's id within the tenant.
    pub member: String,
    /// The number of their Chatwoot user.
    pub user: i64,
    /// That user's name when it was linked.
    pub user_name: Option<String>,
    /// When it was linked.
    pub linked_at: DateTime<Utc>,
    /// When Chatwoot refused the token, if it did. The token was deleted then, and replies go out with the account's.
    pub refused_at: Option<DateTime<Utc>>,
}

/// A person's own token, for sending what they write.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnToken {
    /// The person's id within the tenant.
    pub member: String,
    /// The number of their Chatwoot user.
    pub user: i64,
    /// Sealed for [`TOKEN_PURPOSE`].
    pub token: Sealed,
}

struct Row {
    account_id: Uuid,
    member_id: String,
    chatwoot_user_id: i64,
    chatwoot_user_name: Option<String>,
    linked_at: DateTime<Utc>,
    refused_at: Option<DateTime<Utc>>,
}

impl From<Row> for Link {
    fn from(row: Row) -> Self {
        Self {
            account: AccountKey(row.account_id),
            member: row.member_id,
            user: row.chatwoot_user_id,
            user_name: row.chatwoot_user_name,
            linked_at: row.linked_at,
            refused_at: row.refused_at,
        }
    }
}

struct OwnRow {
    member_id: String,
    chatwoot_user_id: i64,
    sealed_token: Vec<u8>,
}

impl From<OwnRow> for OwnToken {
    fn from(row: OwnRow) -> Self {
        Self { member: row.member_id, user: row.chatwoot_user_id, token: Sealed(row.sealed_token) }
    }
}

/// Links a person to an account, in place of what they had linked there before. Returns `None` if the account is not
/// served.
pub async fn put(
    connection: &mut PgConnection,
    account: AccountKey,
    own: &OwnToken,
    user_name: Option<&str>,
) -> Result<Option<Link>, Error> {
    let row = sqlx::query_as!(
        Row,
        "insert into account_links
           (account_id, member_id, tenant_id, chatwoot_user_id, chatwoot_user_name, sealed_token)
         select id, $2, tenant_id, $3, $4, $5
         from chatwoot_accounts where id = $1 and disconnected_at is null for share
         on conflict (account_id, member_id) do update
           set chatwoot_user_id = excluded.chatwoot_user_id,
               chatwoot_user_name = excluded.chatwoot_user_name,
               sealed_token = excluded.sealed_token,
               linked_at = now(),
               refused_at = null
         returning account_id, member_id, chatwoot_user_id, chatwoot_user_name, linked_at,
                   refused_at",
        account.0,
        own.member,
        own.user,
        user_name,
        own.token.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Link::from))
}

/// All links of a person, in a transaction of their tenant.
pub async fn of_member(connection: &mut PgConnection, member: &str) -> Result<Vec<Link>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select account_id, member_id, chatwoot_user_id, chatwoot_user_name, linked_at, refused_at
         from account_links where member_id = $1",
        member
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Link::from).collect())
}

/// All links to an account, ordered by the person's id.
pub async fn of_account(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<Vec<Link>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select account_id, member_id, chatwoot_user_id, chatwoot_user_name, linked_at, refused_at
         from account_links where account_id = $1 order by member_id",
        account.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Link::from).collect())
}

/// The own tokens of all people that replies may go out with. Fails if the database does not answer within
/// [`PATIENCE`].
pub async fn tokens(store: &Store) -> Result<Vec<Sealed>, Error> {
    let tokens = async {
        let query = sqlx::query_scalar!(
            "select l.sealed_token
             from account_links l
             join chatwoot_accounts a on a.id = l.account_id and a.disconnected_at is null
             where l.refused_at is null"
        );
        Ok(query.fetch_all(&mut *store.worker().await?).await?)
    };
    let tokens = within(PATIENCE, tokens).await?;
    Ok(tokens.into_iter().map(Sealed).collect())
}

/// People's own tokens of an account, except those that Chatwoot has refused.
pub async fn own_tokens(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<Vec<OwnToken>, Error> {
    let rows = sqlx::query_as!(
        OwnRow,
        "select member_id, chatwoot_user_id, sealed_token from account_links
         where account_id = $1 and refused_at is null order by member_id",
        account.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(OwnToken::from).collect())
}

/// Saves a person's token, the same one under another key. Returns false if they have linked another one since `own`
/// was read.
pub async fn reseal(
    connection: &mut PgConnection,
    account: AccountKey,
    own: &OwnToken,
    token: &Sealed,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update account_links set sealed_token = $4
         where account_id = $1 and member_id = $2 and sealed_token = $3",
        account.0,
        own.member,
        own.token.0,
        token.0
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The own token of a reply's author. Returns `None` if the reply goes out with the account's.
pub async fn of_author(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<Option<OwnToken>, Error> {
    let row = sqlx::query_as!(
        OwnRow,
        "select l.member_id, l.chatwoot_user_id, l.sealed_token
         from outbox o
         join messages m on m.id = o.operation_id and m.author_type = 'member'
         join account_links l on l.account_id = o.account_id and l.member_id = m.author_id
         where o.operation_id = $1 and not o.as_account and l.refused_at is null",
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(OwnToken::from))
}

/// Deletes a person's link. Returns false if there was none.
pub async fn remove(
    connection: &mut PgConnection,
    account: AccountKey,
    member: &str,
) -> Result<bool, Error> {
    let removed = sqlx::query!(
        "delete from account_links where account_id = $1 and member_id = $2",
        account.0,
        member
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// Deletes a token that Chatwoot refused, unless the person has linked another one meanwhile. The link itself stays.
pub async fn refused(
    connection: &mut PgConnection,
    account: AccountKey,
    own: &OwnToken,
) -> Result<(), Error> {
    sqlx::query!(
        "update account_links set sealed_token = '', refused_at = now()
         where account_id = $1 and member_id = $2 and sealed_token = $3",
        account.0,
        own.member,
        own.token.0
    )
    .execute(connection)
    .await?;
    Ok(())
}
