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

/// What an index over words puts off, one event pays for all at once.
#[tokio::test]
async fn no_index_puts_off_what_an_event_brings() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    let lists: Vec<(String, bool)> = sqlx::query_as(
        "select c.relname::text, coalesce('fastupdate=off' = any (c.reloptions), false)
         from pg_class c join pg_am a on a.oid = c.relam
         where a.amname = 'gin' and c.relkind = 'i'",
    )
    .fetch_all(&mut *transaction)
    .await
    .unwrap();
    assert!(!lists.is_empty());
    let late: Vec<_> = lists.iter().filter(|(_, at_once)| !at_once).collect();
    assert!(late.is_empty(), "with (fastupdate = off) is missing: {late:?}");
}
