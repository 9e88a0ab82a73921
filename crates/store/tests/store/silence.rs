//! A database that is gone without a word.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use store::{Config, Error, PgConnection, Store, Trouble, within};
use testkit::{Way, eventually, sqlx};

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

/// Whoever has its connection next is in a transaction of their own, and at their own time.
#[tokio::test]
async fn what_is_given_up_while_it_begins_is_not_left_open() {
    let (postgres, config) = testkit::postgres().await;
    let another = Store::connect(&config, "another").unwrap();
    let store = Store::connect(&Config { database_connections: 1, ..config }, "test").unwrap();
    drop(store.worker().await.unwrap());
    eventually("it has its connection back", async || {
        let mut transaction = another.worker().await.unwrap();
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let idle = "select exists(select from pg_stat_activity
                                  where application_name = 'test' and state = 'idle')";
        sqlx::query_scalar(idle).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    postgres.pause().await;
    within(Duration::from_millis(100), store.worker()).await.unwrap_err();
    postgres.resume().await;
    let began = async |store: &Store| -> DateTime<Utc> {
        let mut transaction = store.worker().await.unwrap();
        sqlx::query_scalar("select now()").fetch_one(&mut *transaction).await.unwrap()
    };
    let earlier = began(&another).await;
    assert!(began(&store).await >= earlier);
}

#[tokio::test]
async fn places_at_a_database_that_died_without_a_word_come_back() {
    let way = Way::to(&testkit::database().await).await;
    let config = Config { database_connections: 2, ..way.config.clone() };
    let store = Store::connect(&config, "test").unwrap();
    let idle = store.worker().await.unwrap();
    let mut asking = store.worker().await.unwrap();
    way.fall_silent();
    let asked = store::hosts::list(&mut asking);
    within(Duration::from_millis(100), asked).await.unwrap_err();
    drop((idle, asking));
    tokio::time::pause();
    tokio::time::sleep(store::PATIENCE * 2).await;
    tokio::time::resume();

    // Both places, with the server that is there again.
    let (one, other) = tokio::join!(store.worker(), store.worker());
    store::hosts::list(&mut one.unwrap()).await.unwrap();
    store::hosts::list(&mut other.unwrap()).await.unwrap();
}

/// Whoever waits for it may be a task that nobody else gives up.
#[tokio::test]
async fn nobody_waits_for_a_silent_database_to_begin_as_a_tenant() {
    let way = Way::to(&testkit::database().await).await;
    let store = Store::connect(&way.config, "test").unwrap();
    way.leave_unanswered_who_says("axis.tenant");
    let tenant = "acme".parse().unwrap();
    let passes = async {
        eventually("it begins", async || way.has_heard(&["axis.tenant"])).await;
        tokio::time::pause();
        tokio::time::sleep(store::PATIENCE * 2).await;
    };
    tokio::select! {
        begun = store.tenant(&tenant) => {
            assert!(matches!(begun, Err(Error::Unavailable(_))), "{begun:?}");
        }
        () = passes => panic!("it waits without end"),
    }
}

#[tokio::test]
async fn who_finds_no_database_is_told_what_was_met_in_its_place() {
    let url = format!("postgres://127.0.0.1:{}/nowhere", testkit::free_port());
    let store = Store::connect(&Config::for_url(&url), "test").unwrap();
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

async fn told(store: &Store) -> Option<String> {
    store.trouble().await.map(|trouble| trouble.to_string())
}

/// Waits until this is told: on a busy machine a connection may take longer than it is waited for.
async fn tells(store: &Store, trouble: Option<&str>) {
    let what = format!("{trouble:?} is told");
    eventually(&what, || async { told(store).await.as_deref() == trouble }).await;
}

/// In words of ours, whoever asks.
#[tokio::test]
async fn what_is_wrong_with_the_database_is_told_in_a_moment() {
    let (postgres, config) = testkit::postgres().await;
    let store = Store::connect(&Config { database_connections: 1, ..config }, "test");
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
        let store = Store::connect(&Config::for_url(url), "test").unwrap();
        tells(&store, Some(trouble)).await;
    }

    postgres.pause().await;
    assert_eq!(told(&store).await.as_deref(), Some("does not answer"));
    postgres.resume().await;
}

/// A balancer that left it out would take away what it does with those that it has.
#[tokio::test]
async fn who_gets_no_more_connections_is_busy_with_those_that_it_has() {
    let config = testkit::database().await;
    let (user, place) = config.database_url.expose_secret().split_once('@').unwrap();
    let url = format!("{user}@{place}");
    let mut owner = <PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let limited = "create role few login password 'few' connection limit 1;
                   grant axis_worker to few";
    sqlx::raw_sql(limited).execute(&mut owner).await.unwrap();
    let url = format!("postgres://few:few@{place}");
    let store = Store::connect(&Config::for_url(&url), "test").unwrap();
    let _working = store.worker().await.unwrap();
    let busy = "answers, but lets this program have no more connections than it has";
    eventually("it is busy", async || {
        let trouble = store.trouble().await;
        trouble.is_some_and(|one| matches!(one, Trouble::Busy(_)) && one.to_string() == busy)
    })
    .await;

    let store = Store::connect(&Config::for_url(&url), "test").unwrap();
    tells(&store, Some("has no connection left")).await;
}
