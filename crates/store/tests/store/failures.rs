//! The messages that show as failed, beside those that do not.

use chrono::{DateTime, Utc};
use domain::{ConversationId, DeliveryState, MessageId};
use store::{PgConnection, Store};
use testkit::sqlx::{self, Connection as _};
use uuid::Uuid;

const CONVERSATION: Uuid = Uuid::from_u128(7);
/// A message in every state that its columns can have.
const ANY: &str = "insert into messages
   (id, tenant_id, account_id, conversation_id, chatwoot_id, message_type, content_type, private, deleted,
    delete_operation, delivery_succeeded_at, delivery_failed_at, outbound_state, created_at)
 select gen_random_uuid(), c.tenant_id, c.account_id, c.id, row_number() over () * there, kind, 'text', false,
        gone = 'deleted', case gone when 'deleting' then gen_random_uuid() end, 5, failed_at, outbound,
        '2026-01-02 03:04:05Z'
 from conversations c,
      unnest(array['incoming', 'outgoing', 'template', 'activity', 'strange']) kind,
      unnest(array[null, 1]) there,
      unnest(array[null, 'queued', 'sending', 'sent', 'retrying', 'failed', 'unknown']) outbound,
      unnest(array[0, 5, 6]) failed_at,
      unnest(array['', 'deleted', 'deleting']) gone";

/// A conversation without messages.
async fn conversation(store: &Store) {
    let mut transaction = store.worker().await.unwrap();
    sqlx::query("insert into tenants (id, name) values ('acme', 'Acme')")
        .execute(&mut *transaction)
        .await
        .unwrap();
    sqlx::query(
        "with account as (
           insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
           values (gen_random_uuid(), 'acme', 'https://chat.example.com', 1, '')
           returning id, tenant_id)
         insert into conversations
           (id, tenant_id, account_id, display_id, status, created_at, last_activity_at,
            activity_minute, version_at, version_step, version_digest)
         select $1, tenant_id, id, 7, 'open', now(), now(), axis_minute(now()), 1, 0, 0 from account",
    )
    .bind(CONVERSATION)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
}

/// The messages that are kept as failed, and those that clients see as failed; sorted.
async fn failed(connection: &mut PgConnection) -> [Vec<MessageId>; 2] {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select id from messages").fetch_all(&mut *connection).await.unwrap();
    let ids: Vec<_> = ids.into_iter().map(MessageId).collect();
    let messages = store::messages::by_ids(connection, &ids).await.unwrap();
    let shown = messages.iter().filter(|m| m.state == Some(DeliveryState::Failed) && !m.deleted);
    let mut shown: Vec<_> = shown.map(|message| message.id).collect();
    let kept = sqlx::query_scalar("select message_id from failed_messages");
    let kept: Vec<Uuid> = kept.fetch_all(connection).await.unwrap();
    let mut kept: Vec<_> = kept.into_iter().map(MessageId).collect();
    kept.sort_unstable();
    shown.sort_unstable();
    [kept, shown]
}

async fn marked(connection: &mut PgConnection) -> bool {
    let row = store::conversations::get(connection, ConversationId(CONVERSATION)).await.unwrap();
    row.unwrap().reply_failed
}

#[tokio::test]
async fn the_messages_that_are_kept_as_failed_are_those_that_show_as_failed() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    conversation(&store).await;
    let mut transaction = store.worker().await.unwrap();
    run(&mut transaction, ANY).await;
    let [kept, shown] = failed(&mut transaction).await;
    assert_eq!(kept, shown);
    assert_eq!(shown.len(), 18);
    for change in [
        "update messages set delivery_succeeded_at = 9",
        "update messages set delivery_failed_at = 10 where chatwoot_id % 2 = 0",
        "update messages set outbound_state = 'failed' where outbound_state <> 'failed'",
        "update messages set chatwoot_id = null where chatwoot_id % 3 = 0",
        "update messages set outbound_state = 'queued'",
        "update messages set outbound_state = null",
        "update messages set chatwoot_id = 100000 + delivery_failed_at
         where id = (select min(id::text)::uuid from messages where chatwoot_id is null)",
        "update messages set delete_operation = null",
        "update messages set deleted = true where chatwoot_id % 5 = 0",
        "delete from messages where chatwoot_id % 2 = 1",
        "update messages set deleted = false",
    ] {
        run(&mut transaction, change).await;
        let [kept, shown] = failed(&mut transaction).await;
        assert_eq!(kept, shown, "{change}");
    }
    assert_ne!(failed(&mut transaction).await[0], []);
    run(&mut transaction, "delete from messages").await;
    assert_eq!(failed(&mut transaction).await[0], []);
}

/// What had failed before is looked for by the migration; whatever it finds already there stays.
#[tokio::test]
async fn what_failed_before_there_was_a_place_for_it_is_kept_too() {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    conversation(&store).await;
    let mut transaction = store.worker().await.unwrap();
    run(&mut transaction, ANY).await;
    let all = "select message_id, failed_at from failed_messages order by 1";
    let before: Vec<(Uuid, DateTime<Utc>)> =
        sqlx::query_as(all).fetch_all(&mut *transaction).await.unwrap();
    run(
        &mut transaction,
        "delete from failed_messages where message_id > '7fffffff-ffff-ffff-ffff-ffffffffffff'",
    )
    .await;
    // More than are looked at at a time.
    run(
        &mut transaction,
        "insert into messages (id, tenant_id, account_id, conversation_id, message_type, content_type,
           private, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, 'incoming', 'text', false, now()
         from conversations, generate_series(1, 11000)",
    )
    .await;
    store::commit(transaction).await.unwrap();
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = PgConnection::connect(url).await.unwrap();
    let fill = include_str!("../../../../migrations/0072_failed_messages_of_before.sql");
    for _ in 0..2 {
        sqlx::raw_sql(fill).execute(&mut owner).await.unwrap();
        let after: Vec<(Uuid, DateTime<Utc>)> =
            sqlx::query_as(all).fetch_all(&mut owner).await.unwrap();
        assert_eq!(after, before);
    }
}

/// Chatwoot does not say when a channel failed: whoever reads a message long afterwards hears of it as of then.
#[tokio::test]
async fn a_failure_is_dated_to_within_minutes_of_its_message() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    conversation(&store).await;
    let mut transaction = store.worker().await.unwrap();
    run(&mut transaction, ANY).await;
    for (micros, since) in [(1_767_323_100_000_000, 55), (i64::MAX, 600)] {
        sqlx::query("update messages set delivery_failed_at = $1")
            .bind(micros)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let since_written: Vec<i64> = sqlx::query_scalar(
            "select distinct extract(epoch from f.failed_at - m.created_at)::bigint
             from failed_messages f join messages m on m.id = f.message_id
             where m.chatwoot_id is not null",
        )
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
        assert_eq!(since_written, [since]);
    }
    let own: bool = sqlx::query_scalar(
        "select bool_and(f.failed_at = m.updated_at)
         from failed_messages f join messages m on m.id = f.message_id
         where m.chatwoot_id is null and m.outbound_state is not null",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert!(own, "on its way to Chatwoot it fails when that is noted");
}

/// Somebody's machine writes without end where nobody answers.
#[tokio::test]
async fn a_flood_after_a_failure_is_not_read_for_the_answer() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    conversation(&store).await;
    let mut transaction = store.worker().await.unwrap();
    let write = "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, message_type,
           content_type, private, sender_type, delivery_failed_at, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, $1 + n, $2, 'text', false, $3, $4,
                '2026-01-02 03:04:05Z'::timestamptz + ($1 + n) * interval '1 minute'
         from conversations, generate_series(1, $5) n where display_id = 7";
    let mut write = async |after: i64, kind: &str, sender: &str, failed: i64, many: i64| {
        sqlx::query(write)
            .bind(after)
            .bind(kind)
            .bind(sender)
            .bind(failed)
            .bind(many)
            .execute(&mut *transaction)
            .await
            .unwrap();
    };
    write(0, "outgoing", "user", 9, 1).await;
    write(1, "incoming", "contact", 0, 3_000).await;
    write(4_000, "outgoing", "user", 0, 1).await;
    write(5_000, "incoming", "contact", 0, 99).await;
    assert!(!marked(&mut transaction).await, "an answer among the hundred newest");
    run(&mut transaction, "delete from messages where chatwoot_id = 4001").await;
    // Where most conversations are short, a long one is taken for short.
    for short in [
        "insert into conversations (id, tenant_id, account_id, display_id, status, created_at, last_activity_at,
           activity_minute, version_at, version_step, version_digest)
         select gen_random_uuid(), tenant_id, account_id, 100 + n, 'open', now(), now(), axis_minute(now()), 1, 0, 0
         from conversations, generate_series(1, 1000) n where display_id = 7",
        "insert into messages (id, tenant_id, account_id, conversation_id, message_type, content_type, private,
           created_at)
         select gen_random_uuid(), tenant_id, account_id, id, 'incoming', 'text', false, now()
         from conversations, generate_series(1, 4) n where display_id > 7",
        "analyze messages",
    ] {
        run(&mut transaction, short).await;
    }
    let read = "select pg_stat_get_xact_tuples_fetched('messages'::regclass)";
    let before: i64 = sqlx::query_scalar(read).fetch_one(&mut *transaction).await.unwrap();
    assert!(marked(&mut transaction).await);
    let after: i64 = sqlx::query_scalar(read).fetch_one(&mut *transaction).await.unwrap();
    assert!(after - before < 200, "{}", after - before);
}
