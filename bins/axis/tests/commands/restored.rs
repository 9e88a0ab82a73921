//! A database that is older than what others know of it.

use chatwoot_sim::admin_token;
use domain::AccountKey;
use serde_json::{Value, json};
use store::high_water;

use crate::operator::{Operator, add};

/// What `axis doctor` finds wrong in one of its checks, and what to do about it.
async fn wrong(operator: &Operator, check: &str) -> Vec<String> {
    let found = operator.axis(&["doctor"]).await.value;
    let found = found.as_array().unwrap().iter();
    let wrong = found.filter(|one| one["check"] == check && one["state"] == "wrong");
    wrong.map(|one| one["mend"].as_str().unwrap().to_owned()).collect()
}

/// The key and the secrets by which receivers know the only account.
async fn source(operator: &Operator) -> (AccountKey, Vec<String>) {
    let mut sources = operator.world.bus.sources().list().await.unwrap();
    assert_eq!(sources.len(), 1, "{sources:?}");
    let source = sources.remove(0);
    (source.account, source.sealed_secrets)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_confirms_a_restored_database_and_screens_load_again() {
    let operator = Operator::new().await;
    let bus = &operator.world.bus;
    let none = bus.high_water().read().await.unwrap();
    bus.high_water().raise(none, 7).await.unwrap().unwrap();
    let epoch = bus.activity_epoch().await.unwrap();
    let [mend] = &wrong(&operator, "copy").await[..] else { panic!("it looks up to date") };
    assert!(mend.contains("axis db restored"), "{mend}");

    operator.fails(&["db", "restored"], "pass --yes").await;
    assert_eq!(bus.activity_epoch().await.unwrap(), epoch);
    let done = operator.succeeds(&["db", "restored", "--yes", "--operator", "ada"]).await;
    assert_eq!(
        (&done["number"], &done["known"], &done["waiting"]),
        (&json!(0), &json!(7), &json!(0))
    );
    assert!(wrong(&operator, "copy").await.is_empty());
    let mut transaction = operator.world.store.worker().await.unwrap();
    assert_eq!(high_water::number(&mut transaction).await.unwrap(), 7);
    assert_ne!(bus.activity_epoch().await.unwrap(), epoch);
    let audit = operator.succeeds(&["audit", "--action", "db restored"]).await;
    let entries: Vec<&Value> = audit["audit"].as_array().unwrap().iter().collect();
    assert_eq!(entries.len(), 1, "{audit}");
    assert_eq!((&entries[0]["actor"], &entries[0]["details"]["known"]), (&json!("ada"), &json!(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_connected_after_the_backup_keeps_its_key_and_its_secrets() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    let backup = testkit::keep(&operator.world.store_config).await;
    operator.registered("acme", &receiver).await;
    let before = source(&operator).await;
    assert_eq!(before.1.len(), 1);
    testkit::restore(&backup).await;

    let [mend] = &wrong(&operator, "receivers").await[..] else { panic!("nothing is wrong") };
    assert!(mend.starts_with("axis accounts add --tenant acme"), "{mend}");
    let (url, token) = (operator.chatwoot.url(), admin_token(7));
    operator.succeeds(&add(&url, "acme", "7", &token)).await;
    assert_eq!(source(&operator).await, before);
    assert!(wrong(&operator, "receivers").await.is_empty());
    operator.succeeds(&["webhook", "check", "--public-url", &receiver]).await;

    // Which webhook is theirs, the database does not know. Its secret is replaced all the same.
    let rotate = ["accounts", "rotate", "--account", "7", "--webhook-secret", "--public-url"];
    let rotated = operator.succeeds(&[&rotate[..], &[&*receiver]].concat()).await;
    let webhook = (&rotated["webhook"]["change"], &rotated["webhook"]["newSecret"]);
    assert_eq!(webhook, (&json!("created"), &json!(true)), "{rotated}");
    assert_eq!(source(&operator).await.1[1..], before.1, "the one before is let for a while");
    operator.succeeds(&["webhook", "check", "--public-url", &receiver]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_disconnected_after_the_backup_is_to_be_disconnected_again() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let backup = testkit::keep(&operator.world.store_config).await;
    operator.succeeds(&["accounts", "disconnect", "--account", "7", "--yes"]).await;
    testkit::restore(&backup).await;

    let [mend] = &wrong(&operator, "receivers").await[..] else { panic!("nothing is wrong") };
    assert!(mend.starts_with("axis accounts disconnect"), "{mend}");
    operator.succeeds(&["accounts", "disconnect", "--account", "7", "--yes"]).await;
    assert!(operator.world.bus.sources().list().await.unwrap().is_empty());
    assert!(wrong(&operator, "receivers").await.is_empty());
}
