//! What is deleted once it is old stays if it is written anew in that moment.

use std::time::Duration;

use chrono::Utc;
use store::idempotency::{self, Answer, Claimed, Request};
use store::{PgConnection, Store};
use testkit::{eventually, sqlx};

/// Another transaction waits for what one has locked.
pub async fn somebody_waits(store: &Store) {
    eventually("somebody waits", async || {
        let mut transaction = store.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let waits = "select exists(select from pg_stat_activity
                                   where datname = current_database() and wait_event_type = 'Lock')";
        sqlx::query_scalar(waits).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_stored_anew_is_not_deleted_as_the_expired_one() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let tenant = "acme".parse().unwrap();
    let request =
        Request { tenant: Some(&tenant), principal: "member ann", key: "k", digest: b"digest" };
    let answer = |status| Answer { status, location: None, body: Vec::new() };
    let mut transaction = store.tenant(&tenant).await.unwrap();
    idempotency::keep(&mut transaction, &request, &answer(200), Duration::ZERO).await.unwrap();
    store::commit(transaction).await.unwrap();

    let mut again = store.tenant(&tenant).await.unwrap();
    let claimed = idempotency::claim(&mut again, &request).await.unwrap();
    assert_eq!(claimed, Claimed::Fresh);
    let hour = Duration::from_hours(1);
    idempotency::keep(&mut again, &request, &answer(201), hour).await.unwrap();
    let mut sweeping = store.worker().await.unwrap();
    let (forgotten, ()) = tokio::join!(idempotency::forget(&mut sweeping, 10), async {
        somebody_waits(&store).await;
        store::commit(again).await.unwrap();
    });
    assert_eq!(forgotten.unwrap(), 0);
    store::commit(sweeping).await.unwrap();
    let mut transaction = store.tenant(&tenant).await.unwrap();
    let claimed = idempotency::claim(&mut transaction, &request).await.unwrap();
    assert_eq!(claimed, Claimed::Answered(answer(201)));
}

#[tokio::test]
async fn a_message_that_is_noted_anew_is_not_forgotten_as_the_old_one() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let account = testkit::account(&store, "acme", 1, testkit::BASE_URL, "token").await;
    let mut transaction = store.worker().await.unwrap();
    let noted = "insert into unheard_deliveries
                   (account_id, tenant_id, display_id, chatwoot_id, noted_at)
                 select id, tenant_id, 1, 901, now() - interval '1 hour' from chatwoot_accounts";
    sqlx::query(noted).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();

    let mut again = store.worker().await.unwrap();
    let noted = "update unheard_deliveries set noted_at = clock_timestamp()";
    sqlx::query(noted).execute(&mut *again).await.unwrap();
    let mut sweeping = store.worker().await.unwrap();
    let before = Utc::now() - Duration::from_mins(30);
    let (forgotten, ()) =
        tokio::join!(store::messages::forget_unheard(&mut sweeping, before), async {
            somebody_waits(&store).await;
            store::commit(again).await.unwrap();
        });
    assert_eq!(forgotten.unwrap(), 0);
    let connection: &mut PgConnection = &mut sweeping;
    let left = store::messages::unheard_before(connection, account.key, Utc::now(), 10).await;
    assert_eq!(left.unwrap(), [(1, 901)]);
}
