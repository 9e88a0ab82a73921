//! How many messages of a conversation nobody has read.

use domain::{ConversationId, TenantId};
use store::conversations::{self, Filter, Sort};
use store::{Start, Store};
use testkit::sqlx;
use uuid::Uuid;

use crate::rows::{analyze, conversation};

/// However long the conversation is, and although who asks may see one tenant's rows only.
#[tokio::test]
async fn unread_messages_are_counted_without_those_that_were_read() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let mut transaction = store.worker().await.unwrap();
    conversation(&mut transaction, ConversationId(Uuid::from_u128(7))).await;
    let written = "update conversations set agent_last_seen_at = now() - interval '3 minutes';
         insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id,
           message_type, content_type, private, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, number, 'incoming', 'text', false,
                now() - number * interval '1 minute'
         from conversations, generate_series(1, 1000) number";
    sqlx::raw_sql(written).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    analyze(&config).await;

    let mut transaction = store.tenant(&tenant).await.unwrap();
    let (filter, start) = (Filter::default(), Start::Skip(0));
    let listed = conversations::list(&mut transaction, &tenant, &filter, Sort::Newest, start, 10);
    assert_eq!(listed.await.unwrap().conversations[0].unread_count, 2);
    let fetched = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = 'messages'";
    let fetched: i64 = sqlx::query_scalar(fetched).fetch_one(&mut *transaction).await.unwrap();
    assert!(fetched <= 10, "{fetched} messages were read");
}
