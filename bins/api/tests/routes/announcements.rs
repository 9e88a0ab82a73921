//! P6: what is committed is announced: at once, or by the outbound workers.

use serde_json::json;
use testkit::{eventually, sqlx};

use crate::support::{Seed, Served, Stream};

/// The kinds of what is committed and not known to be announced.
async fn unannounced(served: &Served) -> Vec<String> {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query_scalar("select activity ->> 'type' from announcements order by created_at")
        .fetch_all(&mut *transaction)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_announced_is_not_left_to_others() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    for text in ["one", "two", "three"] {
        let answer = served.post(&path, &json!({ "content": text })).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let told = stream.expect("message_queued").await.json();
        assert_eq!(told["message"]["content"], text);
    }
    eventually("nothing is left", || async { unannounced(&served).await.is_empty() }).await;
}

#[tokio::test]
async fn p6_what_cannot_be_announced_now_is_left_to_the_outbound_workers() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    served.world.nats.stop().await.unwrap();
    let answer = served.post(&path, &json!({ "content": "Hello" })).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    served.shutdown.cancel();
    assert_eq!(unannounced(&served).await, ["message_queued"]);
}
