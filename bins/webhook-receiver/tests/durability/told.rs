//! What the log says of one event.

use chatwoot::sign;
use chrono::Utc;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{Program, eventually_some};

use crate::rig::{ACCOUNT_ID, Rig, SECRET};

/// A trace of this number.
fn trace(number: u8) -> String {
    format!("{number:032x}")
}

/// Sends an event in a trace; the status of the answer.
async fn send(rig: &Rig, receiver: &Program, trace: &str, account: i64, length: usize) -> u16 {
    let content = "x".repeat(length);
    let body =
        json!({ "event": "message_created", "account": { "id": account }, "content": content });
    let (body, at) = (body.to_string(), Utc::now().timestamp().to_string());
    let path = format!("api/v1/webhooks/chatwoot/{}", rig.source.account.token());
    let request = testkit::http()
        .post(format!("{}/{path}", receiver.url()))
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .header("x-chatwoot-signature", sign(SECRET.as_bytes(), &at, body.as_bytes()))
        .header("x-chatwoot-timestamp", at);
    request.body(body).send().await.unwrap().status().as_u16()
}

/// The line of the log that names a trace and begins like this.
fn line(receiver: &Program, trace: &str, beginning: &str) -> Option<Value> {
    let log = std::fs::read_to_string(receiver.log()).unwrap();
    // One that is being written is no JSON yet.
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find(|line| {
        let said = line["message"].as_str().unwrap_or_default();
        line["trace.id"] == trace && said.starts_with(beginning)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_one_event_names_its_trace() {
    const MIB: usize = 1024 * 1024;
    let rig = Rig::configured(|options| options.max_payload = 1024 * 1024).await;
    let environment = [
        ("AXIS_SECRET_KEY", rig.key.as_str()),
        ("JOURNAL_DIR", rig.journal.to_str().unwrap()),
        ("NATS_URL", rig.nats.url().expose_secret()),
        ("HOST", "127.0.0.1"),
        ("AXIS_LOG", "webhook_receiver=debug"),
        ("AXIS_LOG_FORMAT", "json"),
    ];
    let receiver = Program::start("webhook-receiver", &environment).await;
    rig.send_when_known(&receiver.url(), 0).await;

    let accepted = trace(1);
    assert_eq!(send(&rig, &receiver, &accepted, ACCOUNT_ID, 0).await, 200);
    let told = line(&receiver, &accepted, "accepted a webhook").expect("it is told");
    assert!(told["event.id"].is_string(), "{told}");

    // Signed by the source, and about another account.
    let refused = trace(2);
    assert_eq!(send(&rig, &receiver, &refused, ACCOUNT_ID + 1, 0).await, 422);
    let told = line(&receiver, &refused, "refused a webhook").expect("it is told");
    assert_eq!(told["webhook.reason"], "foreign-account");

    let long = trace(3);
    assert_eq!(send(&rig, &receiver, &long, ACCOUNT_ID, 2 * MIB).await, 200);
    let what = "the stream takes no such event, and that is told";
    eventually_some(what, || async { line(&receiver, &long, "the stream refuses an event") }).await;
}
