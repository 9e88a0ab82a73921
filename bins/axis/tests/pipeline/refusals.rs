//! Bad input: the right answer, nothing lost and nothing written that should not be.

use chatwoot::sign;
use serde_json::{Value, json};
use testkit::reqwest::StatusCode;
use testkit::{eventually, eventually_some};

use crate::system::{ACCOUNT, System, Workers};

fn message(account: i64, content: &str) -> String {
    let (_, body) = chatwoot::examples().iter().find(|(e, _)| *e == "message_created").unwrap();
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["account"]["id"] = json!(account);
    body["content"] = json!(content);
    body["conversation"]["messages"][0]["content"] = json!(content);
    body.to_string()
}

#[tokio::test]
async fn what_is_not_an_event_of_the_account_is_refused_and_leaves_no_trace() {
    let system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let (url, secret) = &system.webhook;
    let now = chrono::Utc::now().timestamp();
    // As Chatwoot does, and with more patience than it has.
    let post = async |body: String, at: i64| {
        let at = at.to_string();
        let signature = sign(secret.as_bytes(), &at, body.as_bytes());
        let request = system.http.post(url).header("content-type", "application/json");
        let request = request.header("x-chatwoot-delivery", "11111111-1111-4111-8111-111111111111");
        let request = request.header("x-chatwoot-signature", signature);
        let request = request.header("x-chatwoot-timestamp", at).body(body);
        request.send().await.unwrap().status()
    };

    assert_eq!(post(message(ACCOUNT, "stale"), now - 3600).await, 401, "a stale timestamp");
    assert_eq!(post(message(99, "foreign"), now).await, 422, "a foreign account");
    assert_eq!(post("{ no json".into(), now).await, 400, "no JSON");
    assert_eq!(post("[]".into(), now).await, 422, "JSON, but no event");
    // Whoever is still sending when the connection is closed gets no answer: not always, hence several times.
    let (long, longer) = (message(ACCOUNT, &"x".repeat(9_000_000)), "x".repeat(9_000_000));
    for _ in 0..5 {
        assert_eq!(post(long.clone(), now).await, 413, "18 MB");
        assert_eq!(post(longer.clone(), now - 3600).await, 401, "9 MB, a stale timestamp");
    }
    let body = message(ACCOUNT, "forged");
    let forged = sign(b"another secret", &now.to_string(), body.as_bytes());
    let request = system.http.post(url).header("content-type", "application/json");
    let request = request.header("x-chatwoot-timestamp", now.to_string());
    let answer = request.header("x-chatwoot-signature", forged).body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "a bad signature");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], 401, "{problem}");

    // 1.2 MB is legal, and what comes after all that is applied.
    let long = "ä".repeat(600_000);
    eventually("1.2 MB are taken", async || {
        let status = post(message(ACCOUNT, &long), chrono::Utc::now().timestamp()).await;
        assert!(!status.is_client_error(), "{status}");
        status == 200
    })
    .await;
    let rows = eventually_some("the long message is applied", || async {
        let listed = system.get("/conversations").await?;
        let id = listed["data"].as_array()?.first()?["id"].as_str()?.to_owned();
        let rows = system.messages(&id).await?;
        rows.iter().any(|row| row["content"] == long.as_str()).then_some(rows)
    })
    .await;
    let written: Vec<_> = rows.iter().filter_map(|row| row["content"].as_str()).collect();
    assert!(!written.iter().any(|text| ["stale", "foreign", "forged"].contains(text)));
    let inbound = system.world.bus.stream("INBOUND").await.unwrap();
    assert_eq!(inbound.messages, 1, "only what was acknowledged is in the stream");
    system.stop().await;
}
