//! Inboxes.

use domain::AccountKey;
use domain::catalogue::Inbox;
use sqlx::PgConnection;

use super::{Listed, Owner};
use crate::Error;

/// Replaces the account's inboxes by those of the list, whose own accounts and times are ignored.
pub async fn replace_inboxes(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[Inbox],
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from inboxes where account_id = $1 and chatwoot_id <> all($2)",
        owner.account.0,
        &numbers
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into inboxes as t (account_id, tenant_id, chatwoot_id, name, channel)
         select $1, $2, x.*
         from (select distinct on (chatwoot_id) *
               from unnest($3::bigint[], $4::text[], $5::text[])
                 as y (chatwoot_id, name, channel)) x
         on conflict (account_id, chatwoot_id) do update
           set name = excluded.name,
               channel = excluded.channel,
               updated_at = now()
           where (t.name, t.channel)
             is distinct from (excluded.name, excluded.channel)",
        owner.account.0,
        owner.tenant.as_str(),
        &numbers,
        &column!(all, |one| one.name.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.channel.as_deref()) as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The inboxes that the transaction may see, of one account or of all of them, after those to skip.
pub async fn inboxes(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
    skip: u32,
) -> Result<Listed<Inbox>, Error> {
    let rows = listed!(
        "account_id, chatwoot_id, name, channel, updated_at"
        from "inboxes"
        texts "name, channel"
        by "name, account_id, chatwoot_id"
        arguments account, skip
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().map(|row| row.found);
    let all = rows.into_iter().map(|row| Inbox {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        name: row.name,
        channel: row.channel,
        updated_at: row.updated_at,
    });
    Ok(Listed::new(all.collect(), skip, found))
}
