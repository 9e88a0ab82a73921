//! Attributes, of which only those who set them know the fields.

use serde_json::{Value, json};
use testkit::reqwest::header;
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, body};

#[tokio::test]
async fn attributes_are_told_as_they_are_stored() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "Hi")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let stored = json!({
        "": 0,
        "deep": [[{ "a": [1.5, -0.25, u64::MAX, null, true, [], {}] }], "é \u{2028}\n\"\\"],
        "id": { "type": "x" },
    });
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    for statement in [
        "update conversations set custom_attributes = $1",
        "update messages set content_attributes = $1",
        "update contacts set custom_attributes = $1, additional_attributes = $1",
    ] {
        sqlx::query(statement).bind(&stored).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();

    let conversation = served.read(&path).await;
    let contact = conversation["contact"]["id"].as_str().unwrap();
    let contact = served.read(&format!("/contacts/{contact}")).await;
    let listed = &served.read("/conversations").await["data"][0];
    let message = &served.read(&format!("{path}/messages")).await["data"][0];
    let change = served.patch(&path, &json!({ "priority": "high" }));
    let refused = change.header(header::IF_MATCH, "\"1\"").send().await.unwrap();
    assert_eq!(refused.status(), 412);
    let refusal: Value = refused.json().await.unwrap();
    let current = &refusal["current"];

    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let asked = json!({
        "conversationId": conversation["id"], "type": "refund", "reason": "Broken", "metadata": stored,
    });
    let answer = served.post("/approvals", &asked).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let approval = body(answer).await;
    let told = stream.expect("approval_submitted").await.json();
    assert_eq!((&told["approval"], &told["conversation"]["id"]), (&approval, &conversation["id"]));
    assert_eq!(served.read("/approvals").await["data"][0], approval);

    for (row, field) in [
        (&conversation, "customAttributes"),
        (listed, "customAttributes"),
        (current, "customAttributes"),
        (&told["conversation"], "customAttributes"),
        (&approval["snapshot"], "customAttributes"),
        (&approval, "metadata"),
        (message, "contentAttributes"),
        (&contact, "customAttributes"),
        (&contact, "additionalAttributes"),
    ] {
        assert_eq!(row[field], stored, "{field} of {row}");
    }
    let told = served.read("/activity").await;
    assert_eq!(told["data"][0]["data"]["approvalId"], approval["id"]);
}
