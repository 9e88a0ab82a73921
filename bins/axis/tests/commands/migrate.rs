//! `axis migrate`.

use std::process::Stdio;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use servers::{Postgres, PostgresOptions};
use testkit::sqlx::{self, Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::operator::Operator;
use crate::program::{folder, operating, run};
use crate::running::command;

/// A database that lacks the migration that adds a column to `reconciliations`.
async fn behind() -> Operator {
    let operator = Operator::new().await;
    operator.statement("delete from _sqlx_migrations where version = 54").await;
    operator.statement("alter table reconciliations drop column unread").await;
    operator
}

async fn connected(operator: &Operator) -> PgConnection {
    let url = operator.world.store_config.database_url.expose_secret();
    PgConnection::connect(url).await.unwrap()
}

async fn reads(connection: &mut PgConnection) {
    sqlx::raw_sql("begin; select from reconciliations").execute(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_in_use_is_tried_again_and_keeps_nobody_waiting() {
    let operator = behind().await;
    let mut backup = connected(&operator).await;
    reads(&mut backup).await;
    let release = async {
        // It waits, gives up so that others get in, and comes again.
        for wanted in [true, false, true] {
            operator.lock_is_waited_for(wanted).await;
        }
        sqlx::raw_sql("rollback").execute(&mut backup).await.unwrap();
    };
    let (migrated, ()) = tokio::join!(operator.axis(&["migrate"]), release);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    assert!(migrated.complaint.contains("trying again"), "{migrated:?}");
    assert_eq!(operator.succeeds(&["db", "check"]).await["warnings"], Value::Array(vec![]));
}

/// A shell may have the direct address of another project, or of production.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_axis_up_is_migrated_and_not_the_one_of_a_direct_address() {
    let data = folder("beside");
    let private = Postgres::start(PostgresOptions::new(data.join("postgres"))).await.unwrap();
    let mut database = PgConnection::connect(private.url().expose_secret()).await.unwrap();
    sqlx::raw_sql("create database another").execute(&mut database).await.unwrap();
    let another = private.url_of("another");
    let mut migrate = command(&data, &["migrate"]);
    migrate.env("DATABASE_DIRECT_URL", another.expose_secret());
    let migrated = run(migrate).await;
    assert_eq!(migrated.code, Some(0), "{migrated:?}");

    let mut another = PgConnection::connect(another.expose_secret()).await.unwrap();
    for (connection, wanted) in [(&mut database, true), (&mut another, false)] {
        let there = sqlx::query_scalar("select to_regclass('messages') is not null");
        let there: bool = there.fetch_one(connection).await.unwrap();
        assert_eq!(there, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_meets_a_table_that_stays_in_use_is_told_what_to_do() {
    let operator = behind().await;
    let mut backup = connected(&operator).await;
    reads(&mut backup).await;
    let told = "when that has ended, bring the schema up to date again (`axis migrate`)";
    operator.fails(&["migrate", "--patience", "0"], told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_another_that_migrates_is_told_so() {
    let operator = behind().await;
    let mut other = connected(&operator).await;
    let turn = "select pg_advisory_lock(hashtextextended('schema', 5))";
    sqlx::raw_sql(turn).execute(&mut other).await.unwrap();
    let mut migrate = operating(&operator.world, &["migrate"]);
    let mut migrate = migrate.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut complaints = BufReader::new(migrate.stderr.take().unwrap()).lines();
    let told = complaints.next_line().await.unwrap().unwrap();
    assert!(told.contains("waiting for another program"), "{told}");
    other.close().await.unwrap();
    assert!(migrate.wait().await.unwrap().success());
}
