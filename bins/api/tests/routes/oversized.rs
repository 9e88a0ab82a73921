//! A Chatwoot that says too much of itself, and a tenant that has too many: nobody else notices.

use accounts::{AccountError, Accounts};
use chatwoot_sim::admin_token;
use serde_json::{Value, json};
use testkit::{World, sqlx};

use crate::accounts::Stage;
use crate::support::{TENANT, problem};

#[tokio::test]
async fn a_secret_longer_than_any_chatwoot_makes_is_refused_in_words() {
    let stage = Stage::new().await;
    let path = stage.connected().await;
    let before = stage.secrets().await;
    let webhook = stage.served.read(&path).await["webhookId"].as_i64().unwrap();
    let sign = |secret: &str| {
        stage.chatwoot.sim.set_webhook_secret(7, webhook, Some(secret)).unwrap();
    };
    sign(&"s".repeat(257));
    let answer = stage.connect(&stage.asked(7, &admin_token(7))).await;
    let connected: Value = answer.json().await.unwrap();
    let trouble = connected["webhookTrouble"].as_str().unwrap();
    assert!(trouble.contains("256"), "{trouble}");
    assert_eq!(stage.secrets().await, before, "what was known is still good");

    sign(&"s".repeat(256));
    stage.connected().await;
    assert_eq!(stage.secrets().await.len(), 2);
}

#[tokio::test]
async fn names_are_cut_where_they_are_read() {
    let stage = Stage::new().await;
    stage.chatwoot.sim.create_account(Some(8), &"ä".repeat(1_000)).unwrap();
    let answer = stage.connect(&stage.asked(8, &admin_token(8))).await;
    let connected: Value = answer.json().await.unwrap();
    assert_eq!(connected["account"]["name"], json!("ä".repeat(200)));
}

/// What NATS takes of no account, say of a version that kept longer secrets.
#[tokio::test]
async fn an_account_that_receivers_cannot_be_told_of_keeps_no_other_from_them() {
    let world = World::start().await;
    let mut keys = Vec::new();
    for (number, tenant) in (1..).zip(["a", "b", "c"]) {
        keys.push(world.account(tenant, number).await.key);
    }
    let mut transaction = world.store.worker().await.unwrap();
    sqlx::query(
        "update chatwoot_accounts
         set sealed_webhook_secrets = array[decode(repeat('00', 5000000), 'hex')] where id = $1",
    )
    .bind(keys[1].0)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let accounts = Accounts::new(world.store.clone(), world.bus.clone(), testkit::secret_key());
    let error = accounts.publish_all().await.unwrap_err();
    assert!(error.to_string().contains(&keys[1].to_string()), "{error}");
    let AccountError::Untold(untold) = error else { panic!("{error}") };
    assert_eq!(untold.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [keys[1]]);
    let told = world.bus.sources().list().await.unwrap();
    let mut told: Vec<_> = told.into_iter().map(|source| source.account).collect();
    told.sort();
    let mut others = vec![keys[0], keys[2]];
    others.sort();
    assert_eq!(told, others);
}

#[tokio::test]
async fn a_tenant_connects_twenty_accounts_at_most() {
    let stage = Stage::new().await;
    let served = &stage.served;
    stage.chatwoot.sim.create_account(Some(8), "Another").unwrap();
    // With the one that is there already, nineteen.
    for number in 100..118 {
        served.world.account(TENANT, number).await;
    }
    let [seven, eight] = [7, 8].map(|number| stage.asked(number, &admin_token(number)));
    let (first, second) = tokio::join!(stage.connect(&seven), stage.connect(&eight));
    let (made, refused, wanted) = match first.status().as_u16() {
        201 => (&seven, second, &eight),
        _ => (&eight, first, &seven),
    };
    assert_eq!(problem(refused).await, (409, "too-many-accounts".to_owned()));
    // As when the bound was lowered, or an operator went beyond it.
    served.world.account(TENANT, 200).await;
    assert_eq!(stage.connect(made).await.status(), 201, "it is there and gets a token");
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "update chatwoot_accounts set disconnected_at = now()
         where chatwoot_account_id in (100, 200)",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(stage.connect(wanted).await.status(), 201, "one has ended");
}

/// An account leaves a trace at NATS for months, which receivers need, though it is disconnected at once.
#[tokio::test]
async fn a_tenant_brings_a_hundred_new_accounts_a_day_at_most() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let mut transaction = served.world.store.worker().await.unwrap();
    for number in 100..199 {
        let account = served.world.account(TENANT, number).await;
        sqlx::query("update chatwoot_accounts set disconnected_at = now() where id = $1")
            .bind(account.key.0)
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    store::commit(transaction).await.unwrap();
    let seven = stage.asked(7, &admin_token(7));
    let refused = stage.connect(&seven).await;
    assert_eq!(refused.headers()["retry-after"], "3600");
    assert_eq!(problem(refused).await, (429, "too-many-requests".to_owned()));
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "update chatwoot_accounts set created_at = now() - interval '25 hours'
         where chatwoot_account_id = 100",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(stage.connect(&seven).await.status(), 201, "the first was yesterday's");
    assert_eq!(stage.connect(&seven).await.status(), 201, "it is there and gets a token");
}
