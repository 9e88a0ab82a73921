//! A database that is gone without a word.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use store::{Error, Store, within};

#[tokio::test]
async fn nobody_waits_for_a_database_that_is_silent() {
    let (postgres, config) = testkit::postgres().await;
    let store = Store::connect(&config, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    postgres.pause().await;
    let asked = store::hosts::list(&mut transaction);
    let error = within(Duration::from_millis(100), asked).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)) && error.is_transient(), "{error}");
    postgres.resume().await;
    drop(transaction);
    within(store::PATIENCE, store.ping()).await.unwrap();
}

#[tokio::test]
async fn who_finds_no_database_is_told_what_was_met_in_its_place() {
    let url = format!("postgres://127.0.0.1:{}/nowhere", testkit::free_port());
    let store = Store::connect(&store::Config::for_url(&url), "test").unwrap();
    let error = store.require_schema().await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn nobody_waits_for_a_silent_database_to_migrate_it() {
    let (postgres, config) = testkit::postgres().await;
    postgres.pause().await;
    let migrated = tokio::time::timeout(Duration::from_mins(1), store::migrate(&config)).await;
    postgres.resume().await;
    let error = migrated.expect("it gives up by itself").unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error}");
    store::migrate(&config).await.unwrap();
}

/// Waits until this is told: on a busy machine a connection may take longer than it is waited for.
async fn tells(store: &Store, trouble: Option<&str>) {
    let what = format!("{trouble:?} is told");
    testkit::eventually(&what, || async { store.trouble().await == trouble }).await;
}

/// In words of ours, whoever asks.
#[tokio::test]
async fn what_is_wrong_with_the_database_is_told_in_a_moment() {
    let (postgres, config) = testkit::postgres().await;
    let store = Store::connect(&store::Config { database_connections: 1, ..config }, "test");
    let store = store.unwrap();
    tells(&store, None).await;
    let taken = store.worker().await.unwrap();
    tells(&store, Some("answers, but all connections of this program are in use")).await;
    drop(taken);

    let url = postgres.url_of("nothing");
    let (_, place) = url.expose_secret().split_once('@').unwrap();
    let nowhere = format!("postgres://127.0.0.1:{}/nowhere", testkit::free_port());
    for (url, trouble) in [
        (&*nowhere, "is away: nothing listens at its address"),
        (&*format!("postgres://postgres:wrong@{place}"), "does not let this program in"),
        (url.expose_secret(), "is there, but not the database that DATABASE_URL names"),
    ] {
        let store = Store::connect(&store::Config::for_url(url), "test").unwrap();
        tells(&store, Some(trouble)).await;
    }

    postgres.pause().await;
    assert_eq!(store.trouble().await, Some("does not answer"));
    postgres.resume().await;
}
