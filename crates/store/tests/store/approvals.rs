//! Approvals of a conversation in which the customer has long been silent.

use domain::{ApprovalId, ConversationId, TenantId};
use store::Store;
use testkit::sqlx;
use uuid::Uuid;

use crate::rows::{analyze, conversation, read};

const MESSAGES: i64 = 1_000;

/// One look for both: when the customer last wrote, and whether that was since.
#[tokio::test]
async fn a_long_conversation_is_looked_through_once_for_what_the_customer_wrote() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    let ids = [1, 2].map(Uuid::from_u128);
    conversation(&mut transaction, ConversationId(Uuid::from_u128(7))).await;
    let written = "with messages as (insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id,
             message_type, content_type, private, created_at)
             select gen_random_uuid(), tenant_id, account_id, id, number,
                    case number when 1 then 'incoming' else 'outgoing' end, 'text', false,
                    now() - ($2 - number) * interval '1 minute'
             from conversations, generate_series(1, $2) number)
         insert into approvals (id, tenant_id, conversation_id, kind, status, reason, metadata, snapshot,
           requested_by, heard_number)
         select ids.id, tenant_id, conversations.id, 'refund', ids.status, '', '{}', '{}', 'Ann', 0
         from conversations, unnest($1::uuid[], array['submitted', 'approved']) as ids (id, status)";
    let written = sqlx::query(written).bind(ids).bind(MESSAGES);
    written.execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    analyze(&config).await;

    let tenant: TenantId = "acme".parse().unwrap();
    for (id, stale) in ids.into_iter().zip([true, false]) {
        let mut transaction = store.tenant(&tenant).await.unwrap();
        let before = read(&mut transaction, "messages").await;
        let approval = store::approvals::get(&mut transaction, ApprovalId(id)).await.unwrap();
        let approval = approval.unwrap();
        assert!(approval.last_heard_at.is_some());
        assert_eq!(approval.stale, stale);
        let read = read(&mut transaction, "messages").await - before;
        assert!(read <= MESSAGES, "{read} messages were read: {}", approval.status);
    }
}
