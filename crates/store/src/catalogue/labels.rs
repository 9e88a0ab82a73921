//! Labels.

use chrono::{DateTime, Utc};
use domain::AccountKey;
use domain::catalogue::Label;
use sqlx::PgConnection;

use super::{Listed, Owner};
use crate::Error;

/// Replaces the account's labels by those of the list, whose own accounts and times are ignored. Leaves alone what
/// changed here after the list was asked for.
pub async fn replace_labels(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[Label],
    asked_at: DateTime<Utc>,
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from labels
         where account_id = $1 and chatwoot_id <> all($2) and updated_at < $3",
        owner.account.0,
        &numbers,
        asked_at
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into labels as t (account_id, tenant_id, chatwoot_id, title, description, color, show_on_sidebar)
         select $1, $2, x.*
         from (select distinct on (chatwoot_id) *
               from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::bool[])
                 as y (chatwoot_id, title, description, color, show_on_sidebar)) x
         on conflict (account_id, chatwoot_id) do update
           set title = excluded.title,
               description = excluded.description,
               color = excluded.color,
               show_on_sidebar = excluded.show_on_sidebar,
               updated_at = now()
           where (t.title, t.description, t.color, t.show_on_sidebar)
             is distinct from (excluded.title, excluded.description, excluded.color, excluded.show_on_sidebar)",
        owner.account.0,
        owner.tenant.as_str(),
        &numbers,
        &column!(all, |one| one.title.as_str()) as &[&str],
        &column!(all, |one| one.description.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.color.as_deref()) as &[Option<&str>],
        &column!(all, |one| one.show_on_sidebar) as &[Option<bool>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a label that Chatwoot has just created, in a transaction of its tenant. Returns it as it is stored.
pub async fn add_label(
    connection: &mut PgConnection,
    owner: &Owner,
    label: &Label,
) -> Result<Label, Error> {
    let updated_at = sqlx::query_scalar!(
        "insert into labels as t
           (account_id, tenant_id, chatwoot_id, title, description, color, show_on_sidebar,
            updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
         on conflict (account_id, chatwoot_id) do update
           set title = excluded.title,
               description = excluded.description,
               color = excluded.color,
               show_on_sidebar = excluded.show_on_sidebar,
               updated_at = excluded.updated_at
         returning updated_at",
        owner.account.0,
        owner.tenant.as_str(),
        label.chatwoot_id,
        label.title,
        label.description,
        label.color,
        label.show_on_sidebar,
    )
    .fetch_one(connection)
    .await?;
    Ok(Label { account_id: owner.account, updated_at, ..label.clone() })
}

/// The labels that the transaction may see, of one account or of all of them, after those to skip.
pub async fn labels(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
    skip: u32,
) -> Result<Listed<Label>, Error> {
    let rows = listed!(
        "account_id, chatwoot_id, title, description, color, show_on_sidebar, updated_at"
        from "labels"
        texts "title, description, color"
        by "title, account_id, chatwoot_id"
        arguments account, skip
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().map(|row| row.found);
    let all = rows.into_iter().map(|row| Label {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        title: row.title,
        description: row.description,
        color: row.color,
        show_on_sidebar: row.show_on_sidebar,
        updated_at: row.updated_at,
    });
    Ok(Listed::new(all.collect(), skip, found))
}
