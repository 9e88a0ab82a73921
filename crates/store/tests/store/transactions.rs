//! One transaction after the other.

use std::time::Duration;

use domain::{ConversationId, TenantId};
use store::{Limits, PgConnection, Store, Transaction, TransactionId, tenants};
use testkit::sqlx;

const LIMITS: Limits = Limits { lock: Duration::from_secs(50), statement: Duration::from_secs(70) };

/// The server's process, the role, how long it waits for locks and for statements, and whether it may read whole tables.
async fn nature(transaction: &mut Transaction) -> (i32, String, String, String) {
    let asked = sqlx::query_as(
        "select pg_backend_pid(), current_user::text,
                current_setting('lock_timeout') || ' ' || current_setting('statement_timeout'),
                current_setting('enable_seqscan')",
    );
    asked.fetch_one(&mut **transaction).await.unwrap()
}

async fn is_there(connection: &mut PgConnection, tenant: &TenantId) -> bool {
    let asked = sqlx::query_scalar("select exists(select from tenants where id = $1)");
    asked.bind(tenant.as_str()).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_transaction_that_begins_with_a_commit_is_like_any_other() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let [kept, given_up]: [TenantId; 2] = ["kept", "given-up"].map(|name| name.parse().unwrap());
    let mut other = store.worker().await.unwrap();

    let mut transaction = store.worker_within(LIMITS).await.unwrap();
    let before = nature(&mut transaction).await;
    tenants::put(&mut transaction, &kept, "Kept").await.unwrap();
    assert!(!is_there(&mut other, &kept).await);
    let others = Limits { lock: Duration::from_secs(40), statement: Duration::from_secs(90) };
    let mut transaction = store::commit_and_begin(transaction, others).await.unwrap();
    assert!(is_there(&mut other, &kept).await);
    let expected = (before.0, before.1.clone(), "40s 90s".to_owned(), before.3.clone());
    assert_eq!(nature(&mut transaction).await, expected);
    assert_eq!(
        (before.1, before.2, before.3),
        ("axis_worker".into(), "50s 70s".into(), "off".into())
    );

    tenants::put(&mut transaction, &given_up, "Given up").await.unwrap();
    store::rollback(transaction).await.unwrap();
    assert!(is_there(&mut other, &kept).await && !is_there(&mut other, &given_up).await);
}

/// However few rows they are asked for, for which PostgreSQL would otherwise plan each statement anew.
#[tokio::test]
async fn a_workers_statements_are_planned_once() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker_within(LIMITS).await.unwrap();
    for _ in 0..7 {
        let id = ConversationId(uuid::Uuid::nil());
        assert_eq!(store::conversations::by_ids(&mut transaction, &[id]).await.unwrap(), []);
    }
    let planned: Vec<(i64, i64)> = sqlx::query_as(
        "select generic_plans, custom_plans from pg_prepared_statements
         where statement like '%from conversations%' and generic_plans + custom_plans > 1",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(planned, [(7, 0)]);
}

/// A server that is gone by then has kept nothing, and another try may help.
#[tokio::test]
async fn a_commit_that_nobody_hears_begins_nothing() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let mut transaction = store.worker_within(LIMITS).await.unwrap();
    tenants::put(&mut transaction, &tenant, "Acme").await.unwrap();
    let mut other = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *other).await.unwrap();
    let end = sqlx::query_scalar("select pg_terminate_backend($1, 60000)");
    let ended = end.bind(nature(&mut transaction).await.0).fetch_one(&mut *other).await;
    assert!(ended.is_ok_and(|ended: bool| ended));
    let error = store::commit_and_begin(transaction, LIMITS).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(!is_there(&mut other, &tenant).await);
}

/// What was begun on its connection is still open, refused, when the pool has that again.
#[tokio::test]
async fn a_transaction_that_could_not_be_begun_is_in_nobodys_way() {
    let (_postgres, config) = testkit::postgres().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = <PgConnection as sqlx::Connection>::connect(url).await.unwrap();
    let store = Store::connect(&store::Config { database_connections: 1, ..config }, "test");
    let store = store.unwrap();
    drop(store.worker().await.unwrap());
    for role in ["axis_worker", "axis_gate"] {
        let rename =
            |from: &str, to: &str| sqlx::AssertSqlSafe(format!("alter role {from} rename to {to}"));
        sqlx::raw_sql(rename(role, "away")).execute(&mut owner).await.unwrap();
        match role {
            "axis_worker" => store.worker().await.map(drop).unwrap_err(),
            _ => store.gate().await.map(drop).unwrap_err(),
        };
        sqlx::raw_sql(rename("away", role)).execute(&mut owner).await.unwrap();
        drop(store.worker().await.unwrap());
        drop(store.gate().await.unwrap());
    }
}

/// Whoever is frozen, or gone without a word, lets go of its rows; a holder of a lock keeps it.
#[tokio::test]
async fn a_transaction_that_nobody_goes_on_with_ends() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let carried = store.worker_within(LIMITS).await.unwrap();
    for mut transaction in [
        store.worker().await.unwrap(),
        store.tenant(&tenant).await.unwrap(),
        store::commit_and_begin(carried, LIMITS).await.unwrap(),
    ] {
        assert_eq!(patience_with(&mut transaction).await, "1min");
    }
    let mut holder = store.holder().await.unwrap();
    assert_eq!(patience_with(&mut holder).await, "0");
    assert_eq!(nature(&mut holder).await.1, "axis_worker");

    let mut frozen = store.worker().await.unwrap();
    tenants::put(&mut frozen, &tenant, "Acme").await.unwrap();
    let soon = "set local idle_in_transaction_session_timeout = '10ms'";
    sqlx::query(soon).execute(&mut *frozen).await.unwrap();
    let mut other = store.worker().await.unwrap();
    tenants::put(&mut other, &tenant, "Acme").await.unwrap();
    store::commit(other).await.unwrap();
    let error = store::commit(frozen).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

/// Whoever asked has gone by then, and the connection is others' again.
#[tokio::test]
async fn a_statement_of_a_tenant_does_not_outlive_its_caller() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.tenant(&"acme".parse().unwrap()).await.unwrap();
    let asked = sqlx::query_scalar("select current_setting('statement_timeout')");
    let patience: String = asked.fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(patience, format!("{}s", store::PATIENCE.as_secs()));
    sqlx::query("set local statement_timeout = 1").execute(&mut *transaction).await.unwrap();
    let endless = sqlx::query("select pg_sleep(600)").execute(&mut *transaction).await;
    let error = store::Error::from(endless.unwrap_err());
    assert!(error.is_transient(), "{error:?}");
}

/// A copy that takes no writes grants locks all the same.
#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_used() {
    let config = testkit::database().await;
    let owner = |statement: &'static str| {
        let config = config.clone();
        async move {
            let store = Store::connect(&config, "test").unwrap();
            let mut transaction = store.holder().await.unwrap();
            sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
            sqlx::raw_sql(statement).execute(&mut *transaction).await.unwrap();
            store::commit(transaction).await.unwrap();
        }
    };
    owner(
        "do $$ begin
           execute format('alter database %I set default_transaction_read_only = on',
                          current_database());
         end $$",
    )
    .await;
    // Who finds no connection looks for one until then.
    let hasty = store::Config { connecting: Duration::from_secs(5), ..config };
    let store = Store::connect(&hasty, "test").unwrap();
    let refused = store.holder().await.map(drop).unwrap_err();
    assert!(refused.is_transient(), "{refused:?}");
    let error = store.ping().await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("takes no writes"), "{error}");
}

async fn patience_with(transaction: &mut Transaction) -> String {
    let asked = sqlx::query_scalar("select current_setting('idle_in_transaction_session_timeout')");
    asked.fetch_one(&mut **transaction).await.unwrap()
}

#[tokio::test]
async fn others_know_whether_a_transaction_is_under_way() {
    let [(_one, here), (_other, elsewhere)] =
        [testkit::postgres().await, testkit::postgres().await];
    let store = Store::connect(&here, "test").unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let is_under_way = async |store: &Store, id: &TransactionId| {
        let mut look = store.tenant(&tenant).await.unwrap();
        id.is_under_way(&mut look).await.unwrap()
    };
    for is_kept in [true, false] {
        let mut transaction = store.tenant(&tenant).await.unwrap();
        let id = TransactionId::of(&mut transaction).await.unwrap();
        assert!(is_under_way(&store, &id).await);
        if is_kept { store::commit(transaction).await } else { store::rollback(transaction).await }
            .unwrap();
        assert!(!is_under_way(&store, &id).await);
    }

    // A copy that took the server's place before it heard of it.
    let copy = Store::connect(&elsewhere, "test").unwrap();
    let mut last = None;
    for _ in 0..500 {
        let mut transaction = store.tenant(&tenant).await.unwrap();
        last = Some(TransactionId::of(&mut transaction).await.unwrap());
    }
    assert!(!is_under_way(&copy, &last.unwrap()).await);
}
