//! Labels.

use domain::AccountKey;
use domain::catalogue::Label;
use sqlx::PgConnection;

use super::Owner;
use crate::Error;

/// Makes the account's labels those of the list; the list's own accounts and times do not matter.
pub async fn replace_labels(
    connection: &mut PgConnection,
    owner: &Owner,
    all: &[Label],
) -> Result<(), Error> {
    let numbers = column!(all, |one| one.chatwoot_id);
    sqlx::query!(
        "delete from labels where account_id = $1 and chatwoot_id <> all($2)",
        owner.account.0,
        &numbers
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

/// The labels that the transaction may see, of one account or of all of them.
pub async fn labels(
    connection: &mut PgConnection,
    account: Option<AccountKey>,
) -> Result<Vec<Label>, Error> {
    let rows = sqlx::query!(
        "select account_id, chatwoot_id, title, description, color, show_on_sidebar, updated_at
         from labels where $1::uuid is null or account_id = $1
         order by title, account_id, chatwoot_id",
        account.map(|key| key.0)
    )
    .fetch_all(connection)
    .await?;
    let all = rows.into_iter().map(|row| Label {
        account_id: AccountKey(row.account_id),
        chatwoot_id: row.chatwoot_id,
        title: row.title,
        description: row.description,
        color: row.color,
        show_on_sidebar: row.show_on_sidebar,
        updated_at: row.updated_at,
    });
    Ok(all.collect())
}
