//! A proxy that pools connections by transaction between a program and its database.

use store::{Config, Store};
use testkit::sqlx;

/// Transactions of every kind are the same through it, and numbers are as exact.
#[tokio::test]
async fn a_pooling_proxy_may_stand_before_the_database() {
    let config = testkit::pooled(&testkit::database().await).await;
    let store = Store::connect(&config, "test").unwrap();
    store.require_schema().await.unwrap();
    let tenant = "acme".parse().unwrap();
    for begun in [store.tenant(&tenant).await, store.gate().await, store.installation().await] {
        store::commit(begun.unwrap()).await.unwrap();
    }
    let mut transaction = store.holder().await.unwrap();
    let exact = 0.1_f64 + 0.2;
    let kept: (f64, String) = sqlx::query_as("select $1, $1::float8::text")
        .bind(exact)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(kept.0.to_bits(), exact.to_bits());
    assert_eq!(kept.1.parse::<f64>().unwrap().to_bits(), exact.to_bits());
}

#[tokio::test]
async fn who_listens_through_a_pooling_proxy_hears_nothing_and_knows_it() {
    let direct = testkit::database().await;
    let pooled = testkit::pooled(&direct).await;
    let store = Store::connect(&pooled, "test").unwrap();
    assert!(store.wakeups().await.unwrap().are_deaf());
    let past = Config { database_direct_url: Some(direct.database_url.clone()), ..pooled };
    for config in [direct, past] {
        let store = Store::connect(&config, "test").unwrap();
        assert!(!store.wakeups().await.unwrap().are_deaf());
    }
}
