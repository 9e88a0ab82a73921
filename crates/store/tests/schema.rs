//! Programs start on a schema that has all they were built for.

use store::{Error, Store};
use testkit::sqlx;

#[tokio::test]
async fn a_schema_that_lacks_any_migration_is_refused() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    store.require_schema().await.unwrap();
    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query("insert into _sqlx_migrations values (9999, 'later', now(), true, '', 0)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    store.require_schema().await.unwrap();

    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query("delete from _sqlx_migrations where version = 8")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let refused = store.require_schema().await.unwrap_err();
    assert!(matches!(refused, Error::Schema(_)) && refused.to_string().contains("0008"));
}

/// What an index over words puts off, one event pays for all at once, unless somebody takes it in before.
#[tokio::test]
async fn no_index_puts_off_what_an_event_brings_but_the_one_that_workers_take_in() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let late: Vec<String> = sqlx::query_scalar(
        "select c.relname::text
         from pg_class c join pg_am a on a.oid = c.relam
         where a.amname = 'gin' and c.relkind = 'i'
           and not coalesce('fastupdate=off' = any (c.reloptions), false)",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(late, ["messages_search"], "with (fastupdate = off) is missing");
}
