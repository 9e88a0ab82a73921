//! Canned responses: prepared answers.

use chrono::{DateTime, Utc};
use domain::AccountKey;
use domain::catalogue::CannedResponse;
use sqlx::PgConnection;

use super::{Listed, Owner};
use crate::Error;

/// Replaces the account's canned responses by those of the list, whose own accounts and times are ignored. Leaves alone
/// what changed here after the list was asked for.
pub async fn replace_canned_responses(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[CannedResponse],
    asked_at: DateTime<Utc>,
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from canned_responses
         where account_id = $1 and chatwoot_id <> all($2) and updated_at < $3",
        owner.account.0,
        &numbers,
        asked_at
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into canned_responses as t (account_id, tenant_id, chatwoot_id, short_code, content)
         select $1, $2, x.*
         from (select distinct on (chatwoot_id) *
               from unnest($3::bigint[], $4::text[], $5::text[])
                 as y (chatwoot_id, short_code, content)) x
         on conflict (account_id, chatwoot_id) do update
           set short_code = excluded.short_code,
               content = excluded.content,
               updated_at = now()
           where (t.short_code, t.content)
             is distinct from (excluded.short_code, excluded.content)",
        owner.account.0,
        owner.tenant.as_str(),
        &numbers,
        &column!(all, |one| one.short_code.as_str()) as &[&str],
        &column!(all, |one| one.content.as_str()) as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a canned response that Chatwoot has just created, in a transaction of its tenant. Returns it as it is stored.
pub async fn add_canned_response(
    connection: &mut PgConnection,
    owner: &Owner,
    response: &CannedResponse,
) -> Result<CannedResponse, Error> {
    let updated_at = sqlx::query_scalar!(
        "insert into canned_responses as t
           (account_id, tenant_id, chatwoot_id, short_code, content, updated_at)
         values ($1, $2, $3, $4, $5, clock_timestamp())
         on conflict (account_id, chatwoot_id) do update
           set short_code = excluded.short_code,
               content = excluded.content,
               updated_at = excluded.updated_at
         returning updated_at",
        owner.account.0,
        owner.tenant.as_str(),
        response.chatwoot_id,
        response.short_code,
        response.content,
    )
    .fetch_one(connection)
    .await?;
    Ok(CannedResponse { account_id: owner.account, updated_at, ..response.clone() })
}

/// The canned responses that the transaction may see, of one account or of all of them, after those to skip.
pub async fn canned_responses(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
    skip: u32,
) -> Result<Listed<CannedResponse>, Error> {
    let rows = listed!(
        "account_id, chatwoot_id, short_code, content, updated_at"
        from "canned_responses"
        texts "short_code, content"
        by "short_code, account_id, chatwoot_id"
        arguments account, skip
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().map(|row| row.found);
    let all = rows.into_iter().map(|row| CannedResponse {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        short_code: row.short_code,
        content: row.content,
        updated_at: row.updated_at,
    });
    Ok(Listed::new(all.collect(), skip, found))
}
