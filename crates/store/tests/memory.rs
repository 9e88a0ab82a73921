//! P9: what a page of rows takes in memory is in proportion to their text, whatever customers wrote into it.

#![expect(unsafe_code, reason = "an allocator that counts what it gives")]
#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use domain::{AccountKey, Actor, ContactId, ConversationId, OperationId, TenantId};
use events::TraceParent;
use serde::Serialize;
use serde_json::Map;
use store::{PgConnection, Start, Store, activities, approvals, contacts, conversations, messages};
use testkit::sqlx;
use uuid::Uuid;

#[global_allocator]
static COUNTING: Counting = Counting;
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(HELD.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: as the caller has promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller has promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// One row of each kind, with 7 MB of the smallest objects.
const DENSE: &str = r#"
    create temporary table dense as
      select ('{"x": [' || repeat('{"": 0}, ', 800000) || '1.50]}')::jsonb as it;
    insert into tenants (id, name) values ('acme', 'Acme');
    insert into chatwoot_accounts (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
      values (gen_random_uuid(), 'acme', 'https://chat.example.com', 1, '');
    insert into contacts (id, tenant_id, account_id, chatwoot_id, version_at, version_step,
        version_digest, custom_attributes)
      select gen_random_uuid(), tenant_id, id, 9, 1, 1, 1, it from chatwoot_accounts, dense;
    insert into conversations (id, tenant_id, account_id, display_id, version_at, version_step,
        version_digest, status, created_at, last_activity_at, activity_minute, custom_attributes)
      select gen_random_uuid(), tenant_id, id, 7, 1, 1, 1, 'open', now(), now(), axis_minute(now()), it
      from chatwoot_accounts, dense;
    insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, message_type,
        content_type, private, created_at, content_attributes)
      select gen_random_uuid(), tenant_id, account_id, id, 8, 'outgoing', 'text', false, now(), it
      from conversations, dense;
    insert into approvals (id, tenant_id, conversation_id, kind, reason, requested_by, metadata, snapshot)
      select gen_random_uuid(), tenant_id, id, 'refund', '', '', '{}', it from conversations, dense;
    insert into activities (id, tenant_id, occurred_at, kind, source, data)
      select gen_random_uuid(), tenant_id, now(), 'note', 'axis', it from conversations, dense"#;

/// Reads rows and writes them as an answer does. Returns the answer, and how much more was held for it than before.
async fn answer(
    rows: impl Future<Output = Result<impl Serialize, store::Error>>,
) -> (String, usize) {
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    let answer = serde_json::to_string(&rows.await.unwrap()).unwrap();
    (answer, MOST.load(Relaxed) - before)
}

async fn id(connection: &mut PgConnection, table: &str) -> Uuid {
    let query = format!("select id from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn rows_of_dense_json_take_little_more_than_their_text() {
    let config = testkit::database().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    sqlx::raw_sql(DENSE).execute(&mut owner).await.unwrap();
    let stored: String =
        sqlx::query_scalar("select it::text from dense").fetch_one(&mut owner).await.unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let it = &mut *transaction;
    let conversation = ConversationId(id(it, "conversations").await);
    let contact = ContactId(id(it, "contacts").await);

    let (newest, start) = (conversations::Sort::Newest, Start::Skip(0));
    let filter = conversations::Filter::default();
    let list = conversations::list(it, &tenant, &filter, newest, start, 5);
    let listed = answer(async { list.await.map(|page| page.conversations) }).await;
    let mut answers = vec![("customAttributes", listed)];
    answers.push(("customAttributes", answer(conversations::get(it, conversation)).await));
    answers.push(("customAttributes", answer(contacts::get(it, contact)).await));
    let window = messages::window(it, conversation, messages::Window::Newest, 5);
    let listed = answer(async { window.await.map(|page| page.unwrap().messages) }).await;
    answers.push(("contentAttributes", listed));
    let filter = approvals::Filter::default();
    let list = approvals::list(it, &tenant, &filter, Start::Skip(0), 5);
    let listed = answer(async { list.await.map(|page| page.approvals) }).await;
    answers.push(("snapshot", listed));
    let filter = activities::Filter::default();
    let list = activities::list(it, &tenant, &filter, Start::Skip(0), 5);
    let listed = answer(async { list.await.map(|page| page.activities) }).await;
    answers.push(("data", listed));
    for (field, (answer, taken)) in answers {
        assert!(taken < 64 << 20, "{taken} bytes for {field}");
        assert!(answer.contains(&format!("\"{field}\":{stored}")), "{field} as it is stored");
    }

    // Nor does it take more to change them, and to have them back.
    let actor = Actor { kind: "member".to_owned(), id: None, name: None };
    let trace = TraceParent::generate();
    let asking = conversations::Asking { tenant: &tenant, conversation, actor: &actor, trace };
    let account = AccountKey(id(it, "chatwoot_accounts").await);
    let wanted =
        conversations::Wanted { custom_attributes: Some(Map::new()), ..Default::default() };
    let (_, changing) = answer(conversations::change(it, &asking, account, wanted)).await;
    let operation = "select operation_id from conversation_changes";
    let operation: Uuid = sqlx::query_scalar(operation).fetch_one(&mut *it).await.unwrap();
    let undone = conversations::undo_change(it, conversation, OperationId(operation));
    let (_, undoing) = answer(undone).await;
    assert!(changing.max(undoing) < 64 << 20, "{changing} and {undoing} bytes");
    let back = conversations::get(it, conversation).await.unwrap().unwrap();
    assert_eq!(serde_json::to_string(&back.custom_attributes).unwrap(), stored);
}
