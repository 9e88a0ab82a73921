//! Webhooks by REST, as the setup command uses them.

use serde_json::{Value, json};

use crate::harness::World;

#[tokio::test]
async fn webhooks_are_made_listed_changed_and_removed() {
    let world = World::new().await;
    let client = world.admin();
    let url = "https://receiver.example/hook";
    let wanted = json!({ "url": url, "name": "axis", "subscriptions": ["message_created"] });
    let (status, created) = client.post("/webhooks", wanted.clone()).await;
    assert_eq!(status, 200);
    let hook = &created["payload"]["webhook"];
    assert_eq!(hook["secret"].as_str().unwrap().len(), 24);
    assert_eq!(hook["account_id"], 1);

    let (status, body) = client.post("/webhooks", wanted).await;
    assert_eq!((status, &body["attributes"]), (422, &json!(["url"])));
    for bad in [json!(["message_deleted"]), json!([])] {
        let wanted = json!({ "url": "https://x.example", "subscriptions": bad });
        assert_eq!(client.post("/webhooks", wanted).await.0, 422);
    }
    let (status, _) = client.post("/webhooks", json!({ "url": "ftp://x" })).await;
    assert_eq!(status, 422);

    let path = format!("/webhooks/{}", hook["id"]);
    let wider = json!({ "webhook": { "subscriptions": ["message_created", "contact_updated"] } });
    let (status, changed) = client.call("PATCH", &path, Some(wider)).await;
    assert_eq!(status, 200);
    assert_eq!(changed["payload"]["webhook"]["secret"], hook["secret"]);
    assert_eq!(changed["payload"]["webhook"]["url"], url);
    let (_, listed) = client.get("/webhooks").await;
    assert_eq!(listed["payload"]["webhooks"], json!([changed["payload"]["webhook"]]));

    assert_eq!(client.call("DELETE", &path, None).await, (200, Value::Null));
    assert_eq!(client.call("DELETE", &path, None).await.0, 404);
}

/// An installation from before 4.11.2 shows no secret.
#[tokio::test]
async fn an_old_webhook_has_no_secret_field() {
    let world = World::new().await;
    let hook = world.sim.register_webhook(1, "https://x.example", &[]).unwrap();
    world.sim.set_webhook_secret(1, hook.id, None).unwrap();
    let (_, listed) = world.admin().get("/webhooks").await;
    assert!(listed["payload"]["webhooks"][0].get("secret").is_none());
}
