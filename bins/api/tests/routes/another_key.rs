//! An API whose key is not the one that the accounts are sealed under.

use chatwoot_sim::{admin_token, agent_token};
use serde_json::{Value, json};
use testkit::sqlx;

use crate::accounts::Stage;

/// Neither is it a fault of the API, nor is it of use to ask again.
#[tokio::test]
async fn whoever_wants_something_sealed_is_told_that_operators_have_to_do_something() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let account = stage.connected().await;
    let (token, own) = (admin_token(7), agent_token(7, 1));
    let link = account.replace("/accounts/", "/me/links/");
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "update chatwoot_accounts set sealed_api_token = 'sealed', sealed_webhook_secrets = '{}'",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    for request in [
        served.post("/accounts", &stage.asked(7, &token)),
        served.post(&format!("{account}/rotate"), &json!({ "token": token })),
        served.post(&format!("{account}/rotate"), &json!({ "webhookSecret": true })),
        served.post(&format!("{account}/webhook/check"), &json!({})),
        served.put(&link, &json!({ "token": own })),
    ] {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((status, &problem["code"]), (409, &json!("another-key")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("AXIS_SECRET_KEY"), "{problem}");
    }
}
