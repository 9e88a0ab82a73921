//! Teams.

use domain::AccountKey;
use domain::catalogue::Team;
use sqlx::PgConnection;

use super::{Listed, Owner};
use crate::Error;

/// Replaces the account's teams by those of the list, whose own accounts and times are ignored.
pub async fn replace_teams(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[Team],
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from teams where account_id = $1 and chatwoot_id <> all($2)",
        owner.account.0,
        &numbers
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into teams as t (account_id, tenant_id, chatwoot_id, name, description)
         select $1, $2, x.*
         from (select distinct on (chatwoot_id) *
               from unnest($3::bigint[], $4::text[], $5::text[])
                 as y (chatwoot_id, name, description)) x
         on conflict (account_id, chatwoot_id) do update
           set name = excluded.name,
               description = excluded.description,
               updated_at = now()
           where (t.name, t.description)
             is distinct from (excluded.name, excluded.description)",
        owner.account.0,
        owner.tenant.as_str(),
        &numbers,
        &column!(all, |one| one.name.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.description.as_deref()) as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The teams that the transaction may see, of one account or of all of them, after those to skip.
pub async fn teams(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
    skip: u32,
) -> Result<Listed<Team>, Error> {
    let rows = listed!(
        "account_id, chatwoot_id, name, description, updated_at"
        from "teams"
        texts "name, description"
        by "name, account_id, chatwoot_id"
        arguments account, skip
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().map(|row| row.found);
    let all = rows.into_iter().map(|row| Team {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        name: row.name,
        description: row.description,
        updated_at: row.updated_at,
    });
    Ok(Listed::new(all.collect(), skip, found))
}
