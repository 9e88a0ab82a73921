//! A message on its way, what people do about it, and what a worker would write of it.

use std::time::Duration;

use domain::{DeliveryState, OperationId};
use serde_json::{Value, json};
use store::attempts::AttemptOutcome;
use store::messages::Step;
use store::{attempts, messages, outbox};
use testkit::reqwest::Response;
use testkit::sqlx;

use super::{Seed, Served, problem};

/// A conversation, and what was written there.
pub struct Written {
    pub path: String,
    pub message: Value,
}

impl Written {
    pub async fn start(served: &Served) -> Self {
        let path = asked(served).await;
        let body = json!({ "content": "On its way.", "clientId": "c1" });
        let message = write(served, &path, &body).await;
        Self { path, message }
    }

    /// A reply that Chatwoot has and its channel delivered.
    pub async fn delivered(served: &Served) -> Self {
        let seed = Seed { messages: vec![("outgoing", "Hello")], ..Seed::open(1) };
        let path = format!("/conversations/{}/messages", served.write(&seed).await);
        let message = served.read(&path).await["data"][0].clone();
        Self { path, message }
    }

    pub fn id(&self) -> &str {
        self.message["id"].as_str().unwrap()
    }

    pub fn operation(&self) -> OperationId {
        self.id().parse().unwrap()
    }

    pub fn to(&self, action: &str) -> String {
        format!("{}/{}/{action}", self.path, self.id())
    }
}

/// The messages of a conversation in which a customer asked something.
pub async fn asked(served: &Served) -> String {
    let seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    format!("/conversations/{}/messages", served.write(&seed).await)
}

pub async fn write(served: &Served, path: &str, body: &Value) -> Value {
    let answer = served.post(path, body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

pub async fn ask(served: &Served, path: &str) -> Response {
    served.http.post(served.url(path)).bearer_auth("mock-token").send().await.unwrap()
}

pub async fn refusal(served: &Served, path: &str) -> (u16, String) {
    problem(ask(served, path).await).await
}

/// Has the channel fail to deliver everything that Chatwoot has.
pub async fn undeliver(served: &Served) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update messages set delivery_failed_at = delivery_succeeded_at + 1")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
}

/// The commands that wait: operation and payload, in order.
pub async fn commands(served: &Served) -> Vec<(uuid::Uuid, Value)> {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query_as("select operation_id, payload from outbox order by sequence")
        .fetch_all(&mut *transaction)
        .await
        .unwrap()
}

pub async fn advance(served: &Served, operation: OperationId, state: DeliveryState, again: bool) {
    let wait = again.then_some(Duration::from_hours(1));
    let mut transaction = served.world.store.worker().await.unwrap();
    let step = Step {
        state,
        reason: Some("a test says so"),
        attempts: None,
        most_attempts: None,
        next_in: wait,
    };
    assert!(messages::advance(&mut transaction, operation, step).await.unwrap());
    match wait {
        Some(wait) => {
            assert!(outbox::postpone(&mut transaction, operation, wait).await.unwrap());
        }
        None => assert!(outbox::settle(&mut transaction, operation).await.unwrap()),
    }
    store::commit(transaction).await.unwrap();
}

/// As a worker does.
pub async fn begin(transaction: &mut store::Transaction, written: &Written) -> i32 {
    let conversation = written.message["conversationId"].as_str().unwrap().parse().unwrap();
    let operation = written.operation();
    let entry = outbox::head(transaction, conversation).await.unwrap().unwrap();
    assert_eq!(entry.operation, operation);
    outbox::count_attempt(transaction, operation).await.unwrap().unwrap();
    let last = attempts::last(transaction, operation).await.unwrap().map_or(0, |last| last.number);
    let number = attempts::begin(transaction, &entry, last, 0).await.unwrap().unwrap();
    let state = DeliveryState::Sending;
    let step =
        Step { state, reason: None, attempts: Some(number), most_attempts: None, next_in: None };
    assert!(messages::advance(transaction, operation, step).await.unwrap());
    number
}

pub async fn tried(served: &Served, written: &Written, outcome: AttemptOutcome) {
    let mut transaction = served.world.store.worker().await.unwrap();
    let number = begin(&mut transaction, written).await;
    let operation = written.operation();
    assert!(attempts::finish(&mut transaction, operation, number, outcome, None).await.unwrap());
    store::commit(transaction).await.unwrap();
}
