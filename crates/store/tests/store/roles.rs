//! Roles belong to the server: a database restored on another one may find none of them.

use std::time::Duration;

use store::{Error, Limits, PgConnection, Store, Transaction};
use testkit::sqlx;

const LIMITS: Limits = Limits { lock: Duration::from_mins(1), statement: Duration::from_mins(1) };

/// Whatever cannot begin was not refused because of its data, and is to be tried again.
fn is_tried_again(begun: Result<Transaction, Error>, role: &str) {
    let error = begun.map(drop).unwrap_err();
    assert!(matches!(error, Error::Roles(_)) && error.is_transient(), "{error:?}");
    assert!(error.to_string().contains(role), "{error}");
}

async fn rename(connection: &mut PgConnection, from: &str, to: &str) {
    let statement = sqlx::AssertSqlSafe(format!("alter role {from} rename to {to}"));
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_server_without_the_roles_gives_up_no_data_and_lets_no_program_start() {
    let (_postgres, config) = testkit::postgres().await;
    let store = Store::connect(&config, "test").unwrap();
    store.require_schema().await.unwrap();
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    let tenant = "acme".parse().unwrap();

    let carried = store.worker_within(LIMITS).await.unwrap();
    rename(&mut owner, "axis_worker", "away").await;
    is_tried_again(store.worker().await, "axis_worker");
    is_tried_again(store.worker_within(LIMITS).await, "axis_worker");
    is_tried_again(store.holder().await, "axis_worker");
    is_tried_again(store::commit_and_begin(carried, LIMITS).await, "axis_worker");
    rename(&mut owner, "away", "axis_worker").await;

    rename(&mut owner, "axis_api", "away").await;
    is_tried_again(store.tenant(&tenant).await, "axis_api");
    rename(&mut owner, "away", "axis_api").await;

    rename(&mut owner, "axis_gate", "away").await;
    is_tried_again(store.gate().await, "axis_gate");
    rename(&mut owner, "away", "axis_gate").await;

    rename(&mut owner, "axis_installation", "away").await;
    is_tried_again(store.installation().await, "axis_installation");
    rename(&mut owner, "away", "axis_installation").await;

    for role in ["axis_api", "axis_gate", "axis_installation", "axis_search", "axis_worker"] {
        rename(&mut owner, role, "away").await;
        let refused = store.require_schema().await.unwrap_err();
        assert!(matches!(refused, Error::Roles(_)), "{refused:?}");
        let told = refused.to_string();
        assert!(told.contains(role) && told.contains("docs/operations.md"), "{told}");
        rename(&mut owner, "away", role).await;
    }
    store.require_schema().await.unwrap();

    // The roles were made after the restore, which had passed over their grants.
    sqlx::raw_sql("revoke all on messages from axis_worker").execute(&mut owner).await.unwrap();
    let refused = store.require_schema().await.unwrap_err();
    assert!(matches!(refused, Error::Roles(_)), "{refused:?}");
}
