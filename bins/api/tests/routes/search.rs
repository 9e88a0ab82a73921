use testkit::sqlx;

use crate::support::{Seed, Served, ids, numbers};

/// More than a search looks at.
const MANY: i32 = 2_500;

#[tokio::test]
async fn a_word_that_many_messages_have_finds_the_newest() {
    let served = Served::start().await;
    for number in 1..=2 {
        served.write(&Seed::open(number)).await;
    }
    // The old ones first, so that they lie before the new one wherever rows are read in their order.
    write(&served, 1, "the parcel", 30, MANY).await;
    write(&served, 2, "a parcel", 0, 1).await;
    assert!(numbers(&served.read("/conversations?search=parcel").await).contains(&2));
}

#[tokio::test]
async fn no_message_is_too_old_or_too_new_to_be_found() {
    let served = Served::start().await;
    for (number, days) in (1..).zip([-400, -1, 0, 1, 2, 6, 8, 15, 80, 100, 190, 2_000]) {
        served.write(&Seed::open(number)).await;
        write(&served, number, "needle", days, 1).await;
    }
    let found = served.read("/conversations?search=needle").await;
    assert_eq!(ids(&found).len(), 12, "{:?}", numbers(&found));
}

#[tokio::test]
async fn a_number_sign_asks_for_the_number_alone() {
    let served = Served::start().await;
    for number in [42, 43] {
        served.write(&Seed::open(number)).await;
    }
    write(&served, 43, "the same as in #42", 0, 1).await;
    let found = served.read("/conversations?search=%2342").await;
    assert_eq!(numbers(&found), [42]);
    let mut found = numbers(&served.read("/conversations?search=42").await);
    found.sort_unstable();
    assert_eq!(found, [42, 43]);
    // No number, so a text like any other.
    assert_eq!(numbers(&served.read("/conversations?search=%23same").await), [43]);
}

/// Messages with this text, written so many days ago.
async fn write(served: &Served, conversation: i64, text: &str, days: i32, count: i32) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id, version_at,
           message_type, content_type, content, private, created_at)
         select gen_random_uuid(), tenant_id, account_id, id, $1 * 10000 + i, 1,
           'incoming', 'text', $2, false, now() - make_interval(days => $3)
         from conversations, generate_series(1, $4) i where display_id = $1",
    )
    .bind(conversation)
    .bind(text)
    .bind(days)
    .bind(count)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}
