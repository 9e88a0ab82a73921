//! What happens between two reads of one answer.

use serde_json::Value;
use store::{PgConnection, Store};
use testkit::{eventually, sqlx};

use crate::crowds::lock;
use crate::live::publish;
use crate::support::written::asked;
use crate::support::{Seed, Served, Stream, TENANT, numbers, waiting};

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

/// Where in the stream a place is.
fn sequence(place: &str) -> u64 {
    place.rsplit(':').next().unwrap().parse().unwrap()
}

/// What is announced while the rows are read may be missing in them, so the stream has to tell of it.
#[tokio::test]
async fn p6_the_place_that_an_answer_names_is_from_before_its_rows() {
    let served = Served::start().await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let messages = asked(&served).await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let mut late = Vec::new();
    for (number, path, gate) in [
        (1, "/conversations", "lock table conversations in access exclusive mode"),
        (2, &messages, "lock table messages in access exclusive mode"),
        (3, "/approvals", "lock table approvals in access exclusive mode"),
    ] {
        let held = lock(&behind, gate).await;
        let read = tokio::spawn(served.get(path).send());
        eventually("the rows are being read", || async { waiting(&behind).await > 0 }).await;
        publish(&served, TENANT, "note", number).await;
        let heard = sequence(&stream.expect("note").await.id.unwrap());
        store::rollback(held).await.unwrap();
        let read = read.await.unwrap().unwrap();
        let header = read.headers()["x-activity-position"].to_str().unwrap().to_owned();
        let body: Value = read.json().await.unwrap();
        let body = body["position"]["activity"].as_str().unwrap();
        for (what, place) in [("header", header.as_str()), ("body", body)] {
            if sequence(place) >= heard {
                late.push(format!("the {what} of {path}"));
            }
        }
    }
    assert!(late.is_empty(), "{late:?}");
}
