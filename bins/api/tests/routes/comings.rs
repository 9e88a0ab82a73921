//! Accounts that end and come back, on a stand-in for Chatwoot.

use chatwoot::client::{Client, Options};
use chatwoot_sim::admin_token;
use serde_json::{Value, json};
use testkit::{eventually, sqlx};

use crate::accounts::Stage;
use crate::cuts::silence;
use crate::support::{problem, somebody_waits};

const SERVED: &str = "update chatwoot_accounts set disconnected_at = null
                      where chatwoot_account_id = 7";
const NO_WEBHOOK: &str = "update chatwoot_accounts set webhook_id = null
                          where chatwoot_account_id = 7";
const UNSIGNED: &str = "update chatwoot_accounts set allow_unsigned = true
                        where chatwoot_account_id = 7";
const FAILED: &str = "insert into reconciliations (account_id, tenant_id, failures, sweep_due_at)
                      select id, tenant_id, 3, now() + interval '1 day' from chatwoot_accounts
                      where chatwoot_account_id = 7
                      on conflict (account_id) do update
                        set failures = 3, sweep_due_at = now() + interval '1 day'";
const FAILS: &str = "select count(*) from reconciliations r
                     join chatwoot_accounts a on a.id = r.account_id
                     where a.chatwoot_account_id = 7
                       and (r.failures > 0 or r.sweep_due_at > now())";

impl Stage {
    async fn statement(&self, statement: &'static str) {
        let mut transaction = self.served.world.store.worker().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }

    /// How many webhooks Chatwoot has of account 7.
    async fn webhooks(&self) -> usize {
        let (url, token) = (self.chatwoot.url(), admin_token(7).into());
        let client = Client::new(&url, 7, &token, &Options::default()).unwrap();
        client.list_webhooks().await.unwrap().len()
    }

    async fn is_told(&self) -> bool {
        let sources = self.served.world.bus.sources().list().await.unwrap();
        sources.iter().any(|one| one.chatwoot_account_id == 7)
    }
}

/// Its caller is gone, and the request with them, before the receivers know.
#[tokio::test]
async fn a_disconnection_that_was_cut_off_is_finished_by_whoever_asks_again() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    let silent = silence(&stage.served, &path).await;
    let request = tokio::spawn(stage.served.delete(&path).send());
    somebody_waits(&stage.served).await;
    request.abort();
    eventually("it is ended", async || {
        stage.served.read(&path).await["disconnectedAt"] != Value::Null
    })
    .await;
    store::commit(silent).await.unwrap();
    let again = stage.served.delete(&path).send().await.unwrap();
    assert_eq!(problem(again).await, (404, "not-found".to_owned()));
    assert!(!stage.is_told().await, "the receivers take no more");
}

/// It is ended, and connected again before whoever ended it comes to asking Chatwoot.
#[tokio::test]
async fn the_webhook_of_an_account_that_is_connected_again_stays() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    assert_eq!(stage.webhooks().await, 1);
    let silent = silence(&stage.served, &path).await;
    let request = tokio::spawn(stage.served.delete(&path).send());
    somebody_waits(&stage.served).await;
    stage.statement(SERVED).await;
    store::commit(silent).await.unwrap();
    let answer: Value = request.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!((&answer["webhookRemoved"], stage.webhooks().await), (&json!(false), 1), "{answer}");
}

/// Its making was not written down, say.
#[tokio::test]
async fn a_webhook_that_is_not_known_by_its_number_is_replaced_and_removed_too() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    stage.statement(NO_WEBHOOK).await;
    let rotate = stage.served.post(&format!("{path}/rotate"), &json!({ "webhookSecret": true }));
    assert_eq!(rotate.send().await.unwrap().status(), 200);
    stage.statement(NO_WEBHOOK).await;
    let answer = stage.served.delete(&path).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((&answer["webhookRemoved"], stage.webhooks().await), (&json!(true), 0), "{answer}");
}

#[tokio::test]
async fn who_gives_another_token_leaves_the_rest_and_has_the_account_compared_again() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    stage.statement(UNSIGNED).await;
    let token = json!({ "token": admin_token(7) });
    for again in ["connected", "rotated"] {
        stage.statement(FAILED).await;
        if again == "connected" {
            stage.connected().await;
        } else {
            let rotate = stage.served.post(&format!("{path}/rotate"), &token);
            assert_eq!(rotate.send().await.unwrap().status(), 200);
        }
        assert_eq!(stage.served.read(&path).await["allowUnsigned"], true);
        let mut transaction = stage.served.world.store.worker().await.unwrap();
        let fails: i64 = sqlx::query_scalar(FAILS).fetch_one(&mut *transaction).await.unwrap();
        assert_eq!(fails, 0, "{again}");
    }
    let sources = stage.served.world.bus.sources().list().await.unwrap();
    assert!(sources.iter().all(|one| one.chatwoot_account_id != 7 || one.allow_unsigned));
}

#[tokio::test]
async fn an_account_keeps_its_name_until_it_is_given_another_one() {
    let stage = Stage::new().await;
    let connected = async |name: Option<&str>| {
        let mut asked = stage.asked(7, &admin_token(7));
        if let Some(name) = name {
            asked["name"] = json!(name);
        }
        let connected: Value = stage.connect(&asked).await.json().await.unwrap();
        connected["account"]["name"].clone()
    };
    let first = connected(None).await;
    assert!(first.is_string(), "Chatwoot's");
    assert_eq!(connected(Some("Ours")).await, "Ours");
    assert_eq!(connected(None).await, "Ours");
    assert_eq!(connected(Some("Another")).await, "Another");
}
