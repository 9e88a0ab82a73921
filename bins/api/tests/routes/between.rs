//! What happens between two reads of one answer.

use serde_json::Value;
use store::{PgConnection, Store};
use testkit::{eventually, sqlx};

use crate::crowds::lock;
use crate::support::{Seed, Served, numbers, waiting};

/// Conversation 5 comes first and 1 last, however they are sorted but for `oldest`.
const SORTED: &str = "update conversations
                      set last_activity_at = to_timestamp(1790000000 + display_id), priority = 'high',
                          waiting_since = to_timestamp(1790000000 - display_id)";

async fn change(connection: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
}

/// Something happens in a conversation once its place in the list is known, and before its row is read.
#[tokio::test]
async fn rows_are_in_the_order_of_what_they_say_and_the_next_page_goes_on_behind_them() {
    let served = Served::start().await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    for number in 1..=5 {
        served.write(&Seed::open(number)).await;
    }
    let active = "update conversations set last_activity_at = last_activity_at + interval '1 day'
                  where display_id in (1, 4)";
    let answered = "update conversations set waiting_since = null where display_id = 5";
    let urgent = "update conversations set priority = 'urgent' where display_id = 4";
    for (sort, happens, page, next) in [
        ("newest", active, [4, 5], [3, 2]),
        ("oldest", active, [2, 1], [3, 5]),
        ("waiting", answered, [4, 5], [3, 2]),
        ("priority", urgent, [4, 5], [3, 2]),
    ] {
        let path = format!("/conversations?limit=2&sort={sort}");
        let mut held = lock(&behind, SORTED).await;
        store::commit(held).await.unwrap();
        held = lock(&behind, "lock table messages in access exclusive mode").await;
        let read = tokio::spawn(served.get(&path).send());
        eventually("the places are read", || async { waiting(&behind).await > 0 }).await;
        change(&mut held, happens).await;
        store::commit(held).await.unwrap();
        let read: Value = read.await.unwrap().unwrap().json().await.unwrap();
        assert_eq!(numbers(&read), page, "{sort}");
        let cursor = read["page"]["nextCursor"].as_str().unwrap();
        let read = served.read(&format!("{path}&cursor={cursor}")).await;
        assert_eq!(numbers(&read), next, "{sort}");
    }
}
