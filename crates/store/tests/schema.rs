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
