//! How many messages of a conversation nobody has read.

use domain::TenantId;
use store::conversations::{self, Filter, Sort};
use store::{PgConnection, Start, Store};
use testkit::sqlx;

/// However long the conversation is, and although who asks may see one tenant's rows only.
#[tokio::test]
async fn unread_messages_are_counted_without_those_that_were_read() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let mut transaction = store.worker().await.unwrap();
    let written = "with tenant as (insert into tenants (id, name) values ('acme', 'Acme') returning id),
           account as (insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
             select gen_random_uuid(), id, 'https://chat.example.com', 1, '' from tenant
             returning id, tenant_id),
           conversation as (insert into conversations (id, tenant_id, account_id, display_id, status,
             created_at, last_activity_at, activity_minute, agent_last_seen_at,
             version_at, version_step, version_digest)
             select gen_random_uuid(), tenant_id, id, 1, 'open', now(), now(), axis_minute(now()),
                    now() - interval '3 minutes', 1, 0, 0
             from account
             returning id, tenant_id, account_id),
           messages as (insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id,
             message_type, content_type, private, created_at)
             select gen_random_uuid(), tenant_id, account_id, id, number, 'incoming', 'text', false,
                    now() - number * interval '1 minute'
             from conversation, generate_series(1, 1000) number)
         select";
    sqlx::query(written).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    sqlx::raw_sql("analyze").execute(&mut owner).await.unwrap();

    let mut transaction = store.tenant(&tenant).await.unwrap();
    let (filter, start) = (Filter::default(), Start::Skip(0));
    let listed = conversations::list(&mut transaction, &tenant, &filter, Sort::Newest, start, 10);
    assert_eq!(listed.await.unwrap().conversations[0].unread_count, 2);
    let fetched = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = 'messages'";
    let fetched: i64 = sqlx::query_scalar(fetched).fetch_one(&mut *transaction).await.unwrap();
    assert!(fetched <= 10, "{fetched} messages were read");
}
