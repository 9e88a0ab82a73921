//! Many rows in the outbox.

mod behind;

use std::collections::HashSet;
use std::time::Duration;

use domain::ConversationId;
use store::{Config, PgConnection, Store, outbox};
use testkit::sqlx;

/// A store with so many accounts, each with a conversation of so many commands that are due.
async fn filled(accounts: i64, commands: i64) -> Store {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    for number in 1..=accounts {
        testkit::account(&store, "acme", number, testkit::BASE_URL, "token").await;
    }
    fill(&store, 1, commands).await;
    store
}

/// Gives each account one more conversation, with so many commands that are due.
async fn fill(store: &Store, number: i64, commands: i64) {
    let filling = "with places as (
                     insert into conversations (id, tenant_id, account_id, display_id, version_at,
                       version_step, version_digest, status, created_at, last_activity_at)
                     select gen_random_uuid(), tenant_id, id, $1, 0, 0, 0, 'open', now(), now()
                     from chatwoot_accounts
                     returning id, tenant_id, account_id
                   )
                   insert into outbox (operation_id, tenant_id, account_id, conversation_id,
                                       command, payload, traceparent)
                   select gen_random_uuid(), tenant_id, account_id, id, 'mark_read', '{}', ''
                   from places, generate_series(1, $2)";
    let mut transaction = store.worker().await.unwrap();
    let filling = sqlx::query(filling).bind(number).bind(commands);
    filling.execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
}

/// How many rows nobody has locked.
async fn free(store: &Store) -> usize {
    let mut transaction = store.worker().await.unwrap();
    let connection: &mut PgConnection = &mut transaction;
    let free = sqlx::query("select from outbox for update skip locked").fetch_all(connection).await;
    free.unwrap().len()
}

/// What a relay publishes is out of everybody's reach for as long as NATS takes.
#[tokio::test]
async fn a_relay_locks_only_what_it_publishes() {
    let store = filled(50, 100).await;
    let mut relay = store.worker().await.unwrap();
    let due = outbox::take_due(&mut relay, 500, 100).await.unwrap();
    let accounts: HashSet<_> = due.iter().map(|(wake_up, _)| wake_up.account).collect();
    assert_eq!((due.len(), accounts.len()), (500, 50));
    assert_eq!(free(&store).await, 4_500);
}

/// One of them may be frozen.
#[tokio::test]
async fn two_relays_have_different_rows_of_one_account() {
    let store = filled(1, 30).await;
    let mut relays = [store.worker().await.unwrap(), store.worker().await.unwrap()];
    let mut taken = Vec::new();
    for relay in &mut relays {
        let due = outbox::take_due(relay, 50, 10).await.unwrap();
        assert_eq!(due.len(), 10, "its share");
        taken.extend(due.iter().map(|(wake_up, _)| wake_up.sequence));
    }
    let mut expected = taken.clone();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(taken, expected, "each once, and longest due first");
}

/// What relays and workers ask for again and again.
async fn work(store: &Store, conversation: ConversationId) {
    let mut transaction = store.worker().await.unwrap();
    outbox::take_due(&mut transaction, 10, 10).await.unwrap();
    let head = outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
    outbox::count_attempt(&mut transaction, head.operation).await.unwrap();
    outbox::published(&mut transaction, &[head.operation], Duration::ZERO).await.unwrap();
    outbox::again(&mut transaction, &[conversation], Duration::ZERO).await.unwrap();
    outbox::next_due(&mut transaction).await.unwrap();
    outbox::postpone(&mut transaction, head.operation, Duration::ZERO).await.unwrap();
    outbox::settle(&mut transaction, head.operation).await.unwrap();
    store::rollback(transaction).await.unwrap();
}

/// How often the whole outbox was read.
async fn scans(store: &Store) -> i64 {
    let mut transaction = store.worker().await.unwrap();
    let flush = "select pg_stat_force_next_flush()";
    sqlx::query(flush).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let mut transaction = store.worker().await.unwrap();
    let scans = "select seq_scan from pg_stat_user_tables where relname = 'outbox'";
    sqlx::query_scalar(scans).fetch_one(&mut *transaction).await.unwrap()
}

/// A flood comes before the database notices that the table is not small any more.
#[tokio::test]
async fn what_was_planned_while_little_waited_does_not_read_all_that_waits_later() {
    let config = testkit::database().await;
    let one = Config { database_connections: 1, ..config.clone() };
    let worker = Store::connect(&one, "test").unwrap().by_index();
    let others = Store::connect(&config, "test").unwrap();
    testkit::account(&others, "acme", 1, testkit::BASE_URL, "token").await;
    fill(&others, 1, 4).await;
    let mut transaction = others.worker().await.unwrap();
    let unnoticed = "set local role none;
                     alter table outbox set (autovacuum_enabled = off);
                     analyze outbox";
    sqlx::raw_sql(unnoticed).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let mut transaction = others.worker().await.unwrap();
    let conversation = sqlx::query_scalar("select conversation_id from outbox limit 1");
    let conversation = ConversationId(conversation.fetch_one(&mut *transaction).await.unwrap());
    drop(transaction);
    for _ in 0..6 {
        work(&worker, conversation).await;
    }
    fill(&others, 2, 2_000).await;
    let before = scans(&worker).await;
    work(&worker, conversation).await;
    assert_eq!(scans(&worker).await, before);
}
