//! Functions that have the rights of the tables' owner, whoever calls them.

use store::PgConnection;
use testkit::sqlx::{self, AssertSqlSafe, Connection as _};
use uuid::Uuid;

async fn connect() -> PgConnection {
    let config = testkit::database().await;
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    PgConnection::connect(url).await.unwrap()
}

async fn execute(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

#[tokio::test]
async fn nothing_temporary_takes_the_place_of_what_is_the_owners() {
    let mut connection = connect().await;
    let definers: Vec<(String, bool, bool)> = sqlx::query_as(
        "select proname::text,
                coalesce(format('search_path=%I, pg_temp', current_schema()) = any (proconfig), false),
                has_function_privilege('public', oid, 'execute')
         from pg_proc
         where prosecdef and pronamespace = current_schema()::regnamespace",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(definers.len() >= 3, "{definers:?}");
    for (function, sees_temporary_last, anyone_may_call) in definers {
        assert!(sees_temporary_last, "{function} takes what is temporary for the owner's");
        assert!(!anyone_may_call, "{function}");
    }
}

#[tokio::test]
async fn a_user_of_the_programs_does_not_become_the_owner() {
    let mut connection = connect().await;
    let user = format!("programs_{}", Uuid::now_v7().simple());
    execute(
        &mut connection,
        &format!(
            "create role {user} login;
             grant axis_worker to {user};
             set session authorization {user};
             set role axis_worker;
             create function pg_temp.promote() returns text language plpgsql as $$
             begin
               execute 'alter role {user} superuser';
               return current_user;
             end $$;
             create view pg_temp.activities_other as select pg_temp.promote() as promoted;
             grant select on pg_temp.activities_other to public"
        ),
    )
    .await;
    let counted: Vec<(String, i64)> = sqlx::query_as("select * from axis_rows_without_a_month()")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(counted, [("activities".to_owned(), 0), ("webhook_events".to_owned(), 0)]);
    execute(&mut connection, "select axis_make_partitions(4), axis_take_in_words()").await;
    let promoted: bool =
        sqlx::query_scalar("select rolsuper from pg_roles where rolname = session_user")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert!(!promoted);
}
