//! When a load balancer may send requests to a process.

use api::Config;
use serde_json::Value;
use store::{PgConnection, Store};
use testkit::{World, eventually, sqlx};
use tokio_util::sync::DropGuard;

use crate::support::serve;

/// Waits until `/ready` and `/health` have this status, and the latter says this of the schema: on a busy machine it may
/// take longer than it is waited for to find that out.
async fn tells(base: &str, status: u16, words: &str) {
    let http = testkit::http();
    let ask = async |path: &str| http.get(format!("{base}{path}")).send().await.unwrap();
    eventually(&format!("{words} is told"), async || {
        let (ready, health) = (ask("/ready").await, ask("/api/v1/health").await);
        let statuses = [ready.status().as_u16(), health.status().as_u16()];
        let health: Value = health.json().await.unwrap();
        statuses == [status; 2] && health["checks"]["schema"].to_string().contains(words)
    })
    .await;
}

/// A process over this database: its address, and what stops it when dropped.
async fn serve_over(world: &World, database: &store::Config) -> (String, DropGuard) {
    let store = Store::connect(database, "test").unwrap();
    let (bus, objects) = (world.bus.clone(), world.objects.clone());
    let (base, shutdown) = serve(&Config::default(), store, bus, objects).await;
    (base, shutdown.drop_guard())
}

async fn owner(config: &store::Config) -> PgConnection {
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    <PgConnection as sqlx::Connection>::connect(url).await.unwrap()
}

#[tokio::test]
async fn a_process_is_not_ready_before_the_schema_is_migrated() {
    let world = World::start().await;
    let config = testkit::empty_database().await;
    let (base, _guard) = serve_over(&world, &config).await;
    tells(&base, 503, "run `axis migrate`").await;

    store::migrate(&config).await.unwrap();
    let mut owner = owner(&config).await;
    let lacking = "update _sqlx_migrations set success = version <> 8";
    sqlx::raw_sql(lacking).execute(&mut owner).await.unwrap();
    tells(&base, 503, "it lacks migration 0008").await;

    let complete = "update _sqlx_migrations set success = true";
    sqlx::raw_sql(complete).execute(&mut owner).await.unwrap();
    tells(&base, 200, "up").await;
    // It was there once, and nothing takes away what a running process needs.
    sqlx::raw_sql(lacking).execute(&mut owner).await.unwrap();
    tells(&base, 200, "up").await;
}

#[tokio::test]
async fn a_process_is_not_ready_after_a_restore_without_roles() {
    let world = World::start().await;
    let (_postgres, config) = testkit::postgres().await;
    let mut owner = owner(&config).await;
    sqlx::raw_sql("alter role axis_gate rename to away").execute(&mut owner).await.unwrap();
    let (base, _guard) = serve_over(&world, &config).await;
    tells(&base, 503, "there is no axis_gate").await;
    sqlx::raw_sql("alter role away rename to axis_gate").execute(&mut owner).await.unwrap();
    tells(&base, 200, "up").await;
}

/// Anybody may ask, so nobody is told names or addresses.
#[tokio::test]
async fn who_asks_while_the_database_is_away_is_told_that_the_schema_is_not_known() {
    let world = World::start().await;
    let config = store::Config::for_url("postgres://nobody@127.0.0.1:9/none");
    let (base, _guard) = serve_over(&world, &config).await;
    tells(&base, 503, "not known yet, because the database does not answer").await;
}
