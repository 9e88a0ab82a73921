//! Whose fault an error of PostgreSQL's is.

use store::{Error, PgConnection, Store};
use testkit::sqlx;

/// What becomes of an error with this SQLSTATE.
async fn error(connection: &mut PgConnection, code: &str) -> Error {
    let raise = format!(
        "savepoint before;
         do $$begin raise exception 'as asked' using errcode = '{code}'; end$$"
    );
    let raised = sqlx::raw_sql(sqlx::AssertSqlSafe(raise)).execute(&mut *connection).await;
    sqlx::raw_sql("rollback to before").execute(connection).await.unwrap();
    raised.unwrap_err().into()
}

#[tokio::test]
async fn what_comes_of_the_data_is_not_tried_for_ever_and_nothing_else_is_given_up() {
    let store = Store::connect(&testkit::database().await, "test").unwrap();
    let mut transaction = store.worker().await.unwrap();
    for code in ["21000", "22021", "23503", "23514", "44000", "54000", "54001", "P0001"] {
        let error = error(&mut transaction, code).await;
        assert!(matches!(error, Error::Data(_)) && !error.is_transient(), "{code}: {error:?}");
    }
    for code in [
        "08006", "0A000", "25006", "26000", "28P01", "3D000", "42501", "42P05", "53100", "58030",
        "XX000",
    ] {
        let error = error(&mut transaction, code).await;
        assert!(
            matches!(error, Error::Unavailable(_)) && error.is_transient(),
            "{code}: {error:?}"
        );
    }
    for code in ["42P01", "42703", "42883", "42704"] {
        let error = error(&mut transaction, code).await;
        assert!(matches!(error, Error::Schema(_)), "{code}: {error:?}");
    }
    for code in ["40001", "40P01", "55P03"] {
        let error = error(&mut transaction, code).await;
        assert!(matches!(error, Error::Conflict(_)), "{code}: {error:?}");
    }
    let late = error(&mut transaction, "57014").await;
    assert!(matches!(late, Error::Overlong(_)) && late.is_transient(), "{late:?}");
    let error = error(&mut transaction, "23505").await;
    assert!(matches!(error, Error::Exists { .. }), "{error:?}");
}
