//! What the accounts of a tenant consist of, beside that of many others.

use domain::TenantId;
use store::catalogue::{agents, agents_with_email, canned_responses, inboxes, labels, teams};
use store::{PgConnection, Store};
use testkit::sqlx;

use crate::rows::{analyze, read};

const TABLES: [&str; 5] = ["agents", "teams", "labels", "inboxes", "canned_responses"];

async fn read_of_all(connection: &mut PgConnection) -> i64 {
    let mut all = 0;
    for table in TABLES {
        all += read(connection, table).await;
    }
    all
}

#[tokio::test]
async fn a_catalogue_is_read_without_that_of_other_tenants() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let written = "with tenant as (insert into tenants (id, name)
             values ('acme', 'Acme'), ('other', 'Other') returning id),
           account as (insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
             select gen_random_uuid(), id, 'https://chat.example.com', length(id), '' from tenant
             returning id, tenant_id),
           number as (select account.id, tenant_id, number
             from account, generate_series(1, case tenant_id when 'acme' then 2 else 2000 end) number),
           agent as (insert into agents (account_id, tenant_id, chatwoot_id, email)
             select id, tenant_id, number, 'ann@example.com' from number),
           team as (insert into teams (account_id, tenant_id, chatwoot_id) select * from number),
           label as (insert into labels (account_id, tenant_id, chatwoot_id, title)
             select *, 'vip' from number),
           inbox as (insert into inboxes (account_id, tenant_id, chatwoot_id) select * from number)
         insert into canned_responses (account_id, tenant_id, chatwoot_id, short_code, content)
         select *, 'hi', 'Hello' from number";
    sqlx::query(written).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    analyze(&config).await;

    let tenant: TenantId = "acme".parse().unwrap();
    let mut transaction = store.tenant(&tenant).await.unwrap();
    let connection: &mut PgConnection = &mut transaction;
    let before = read_of_all(connection).await;
    let found = [
        agents(connection, None, 0).await.unwrap().rows.len(),
        agents_with_email(connection, "Ann@example.com").await.unwrap().len(),
        teams(connection, None, 0).await.unwrap().rows.len(),
        labels(connection, None, 0).await.unwrap().rows.len(),
        inboxes(connection, None, 0).await.unwrap().rows.len(),
        canned_responses(connection, None, 0).await.unwrap().rows.len(),
    ];
    assert_eq!(found, [2; 6]);
    let read = read_of_all(connection).await - before;
    assert_eq!(read, 12, "rows were read");
}
