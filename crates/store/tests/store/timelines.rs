//! Reading in a conversation that is long.

use domain::{ConversationId, MessageId, TenantId};
use store::Store;
use store::messages::{self, Window};
use testkit::sqlx;
use uuid::Uuid;

use crate::rows::{analyze, conversation, read};

const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(7));
const MESSAGES: i64 = 4_000;

/// By the plan that a connection keeps for any place, as whoever may see one tenant's rows only.
#[tokio::test]
async fn what_is_newer_is_not_read_to_scroll_up() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let mut transaction = store.worker().await.unwrap();
    conversation(&mut transaction, CONVERSATION).await;
    let written = "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id,
           message_type, content_type, private, created_at)
         select ('00000000-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid, tenant_id,
                account_id, id, number, 'incoming', 'text', false,
                now() - ($1 - number) * interval '1 minute'
         from conversations, generate_series(1, $1) number";
    let written = sqlx::query(written).bind(MESSAGES);
    written.execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    analyze(&config).await;

    let mut transaction = store.tenant(&tenant).await.unwrap();
    let generic = "set local plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(generic).execute(&mut *transaction).await.unwrap();
    let tenth = MessageId("00000000-0000-0000-0000-000000000010".parse().unwrap());
    for (window, newest) in [(Window::Newest, MESSAGES), (Window::Before(tenth), 9)] {
        let before = read(&mut transaction, "messages").await;
        let found = messages::window(&mut transaction, CONVERSATION, window, 5).await.unwrap();
        let found = found.unwrap();
        let numbers: Vec<_> = found.messages.iter().filter_map(|m| m.chatwoot_id).collect();
        assert_eq!(numbers, (newest - 4..=newest).collect::<Vec<_>>());
        assert!(found.more);
        let read = read(&mut transaction, "messages").await - before;
        assert!(read <= 15, "{read} messages were read: {window:?}");
    }
}
