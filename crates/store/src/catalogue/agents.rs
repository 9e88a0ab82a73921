//! Agents: the people who answer.

use domain::AccountKey;
use domain::catalogue::Agent;
use sqlx::PgConnection;

use super::{Listed, Owner};
use crate::Error;

/// Replaces the account's agents by those of the list, whose own accounts and times are ignored.
pub async fn replace_agents(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[Agent],
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from agents where account_id = $1 and chatwoot_id <> all($2)",
        owner.account.0,
        &numbers
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into agents as t (account_id, tenant_id, chatwoot_id, name, available_name, email, role, availability, confirmed, thumbnail)
         select $1, $2, x.*
         from (select distinct on (chatwoot_id) *
               from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[], $10::text[])
                 as y (chatwoot_id, name, available_name, email, role, availability, confirmed, thumbnail)) x
         on conflict (account_id, chatwoot_id) do update
           set name = excluded.name,
               available_name = excluded.available_name,
               email = excluded.email,
               role = excluded.role,
               availability = excluded.availability,
               confirmed = excluded.confirmed,
               thumbnail = excluded.thumbnail,
               updated_at = now()
           where (t.name, t.available_name, t.email, t.role, t.availability, t.confirmed, t.thumbnail)
             is distinct from (excluded.name, excluded.available_name, excluded.email, excluded.role, excluded.availability, excluded.confirmed, excluded.thumbnail)",
        owner.account.0,
        owner.tenant.as_str(),
        &numbers,
        &column!(all, |one| one.name.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.available_name.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.email.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.role.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.availability.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.confirmed) as &[Option<bool>],
        &column!(all, |one| one.thumbnail.as_deref()) as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The agents that the transaction may see, of one account or of all of them, after those to skip.
pub async fn agents(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
    skip: u32,
) -> Result<Listed<Agent>, Error> {
    let rows = listed!(
        "account_id, chatwoot_id, name, available_name, email, role, availability, confirmed,
             thumbnail, updated_at"
        from "agents"
        texts "name, available_name, email, role, availability, thumbnail"
        by "name, account_id, chatwoot_id"
        arguments account, skip
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().map(|row| row.found);
    let all = rows.into_iter().map(|row| Agent {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        name: row.name,
        available_name: row.available_name,
        email: row.email,
        role: row.role,
        availability: row.availability,
        confirmed: row.confirmed,
        thumbnail: row.thumbnail,
        updated_at: row.updated_at,
    });
    Ok(Listed::new(all.collect(), skip, found))
}

/// The agents with this e-mail address that the transaction may see: their accounts, and their numbers there. Leaves
/// out those who have not accepted their invitation.
pub async fn agents_with_email(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Vec<(AccountKey, i64)>, Error> {
    // In the collation C only ASCII has upper and lower case: letters that merely look alike stay apart.
    let rows = sqlx::query!(
        r#"select account_id, chatwoot_id from agents
           where lower(email collate "C") = lower($1::text collate "C") and confirmed is distinct from false
           order by account_id, chatwoot_id"#,
        email
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (AccountKey(row.account_id), row.chatwoot_id)).collect())
}
