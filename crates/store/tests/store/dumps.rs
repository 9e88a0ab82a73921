//! What `pg_dump` reads as the tables' owner, and what a server needs before a dump is restored there.

use secrecy::ExposeSecret as _;
use store::{Config, PgConnection, Store};
use testkit::sqlx::{self, AssertSqlSafe, Connection as _};

use crate::tenancy::seed;

/// A user of the programs, who is not the owner.
const PROGRAMS: &str = "create role programs_a login password 'programs';
    grant axis_api, axis_gate, axis_installation, axis_search, axis_worker to programs_a";
/// What a dump has of it.
const GRANTED: &str = "grant select on _sqlx_migrations to programs_a";

/// The statements that the operations name in a chapter, block by block.
fn documented(chapter: &str) -> impl Iterator<Item = &'static str> {
    let page = include_str!("../../../../docs/operations.md");
    let (_, rest) = page.split_once(chapter).unwrap();
    rest.split("```sql").skip(1).map(|block| block.split_once("```").unwrap().0)
}

async fn connect(config: &Config) -> PgConnection {
    PgConnection::connect(config.database_url.expose_secret()).await.unwrap()
}

async fn execute(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

/// The database of an owner who is no superuser, for this user and password.
fn as_user(config: &Config, user: &str) -> Config {
    let (_, place) = config.database_url.expose_secret().split_once('@').unwrap();
    let (server, _) = place.split_once('/').unwrap();
    Config::for_url(&format!("postgres://{user}@{server}/kept"))
}

/// As if no database with them had ever been on the server.
async fn take_roles_away(superuser: &mut PgConnection) {
    let roles = "axis_api, axis_gate, axis_installation, axis_search, axis_worker";
    execute(superuser, &format!("drop owned by {roles}; drop role {roles}")).await;
}

/// How many rows there are in what is said to keep some, as whoever asks sees them.
async fn rows(connection: &mut PgConnection, table: &str) -> i64 {
    let counted = format!("select count(*) from only {table}");
    sqlx::query_scalar(AssertSqlSafe(counted)).fetch_one(connection).await.unwrap()
}

/// A database whose owner is no superuser, as the owner connects to it, with its tables and roles.
async fn kept_by_its_owner(config: &Config) -> (PgConnection, Config) {
    let mut superuser = connect(config).await;
    take_roles_away(&mut superuser).await;
    execute(&mut superuser, "create role keeper login createrole password 'keeper'").await;
    execute(&mut superuser, "create database kept owner keeper").await;
    let kept = as_user(config, "keeper:keeper");
    store::migrate(&kept).await.unwrap();
    (superuser, kept)
}

/// As on a managed server, where nobody who may log in stands above the fences.
#[tokio::test]
async fn an_owner_who_is_no_superuser_dumps_every_row_and_makes_the_roles_elsewhere() {
    let (postgres, config) = testkit::postgres().await;
    let (mut superuser, kept) = kept_by_its_owner(&config).await;
    execute(&mut connect(&kept).await, &format!("{PROGRAMS}; {GRANTED}")).await;

    let above = Config { database_url: postgres.url_of("kept"), ..config.clone() };
    let (above, mut all) = (Store::connect(&above, "test").unwrap(), connect(&above).await);
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "select oid::regclass::text, relrowsecurity from pg_class
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
         order by 1",
    )
    .fetch_all(&mut all)
    .await
    .unwrap();
    let fenced = tables.iter().filter(|(_, fenced)| *fenced);
    execute(&mut all, "insert into tenants (id, name) values ('acme', 'Acme')").await;
    for (table, _) in fenced.clone().filter(|(table, _)| table != "tenants") {
        seed(&above, table).await;
    }
    let mut owner = connect(&kept).await;
    execute(&mut owner, "set row_security = off").await;
    for (table, _) in fenced {
        let dumped = AssertSqlSafe(format!("select count(*) from {table}"));
        let refused = sqlx::query(dumped).execute(&mut owner).await.unwrap_err().to_string();
        assert!(refused.contains("row-level security"), "{refused}");
    }
    execute(&mut owner, "set row_security = on").await;
    let mut dumped = 0;
    for (table, _) in &tables {
        let there = rows(&mut all, table).await;
        assert_eq!(rows(&mut owner, table).await, there, "{table}");
        dumped += there;
    }
    assert!(dumped > 30, "{dumped}");

    // Another server is one without the roles.
    drop((above, owner));
    all.close().await.unwrap();
    execute(&mut superuser, "drop database kept with (force)").await;
    take_roles_away(&mut superuser).await;
    execute(&mut superuser, "drop role programs_a").await;
    execute(&mut superuser, "create database kept owner keeper").await;
    let mut owner = connect(&kept).await;
    let made = documented("- **Dumps.**").next().unwrap();
    execute(&mut owner, &made.replace('…', "programs")).await;
    store::migrate(&kept).await.unwrap();
    execute(&mut owner, GRANTED).await;
    for user in ["keeper:keeper", "programs_a:programs"] {
        let config = as_user(&config, user);
        Store::connect(&config, "test").unwrap().require_schema().await.unwrap();
    }
    makes_nothing_temporary(&as_user(&config, "programs_a:programs")).await;
}

async fn makes_nothing_temporary(programs: &Config) {
    let made = sqlx::query("create temporary table activities_other ()");
    let refused = made.execute(&mut connect(programs).await).await.unwrap_err();
    assert!(refused.to_string().contains("temporary"), "{refused}");
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_has_another_user_take_the_place_of_the_programs() {
    let (_postgres, config) = testkit::postgres().await;
    let (_, kept) = kept_by_its_owner(&config).await;
    let mut owner = connect(&kept).await;
    execute(&mut owner, &format!("{PROGRAMS}; {GRANTED}")).await;

    let mut statements = documented("- **PostgreSQL.** Let the programs have");
    execute(&mut owner, &statements.next().unwrap().replace('…', "programs")).await;
    let programs = as_user(&config, "programs_b:programs");
    Store::connect(&programs, "test").unwrap().require_schema().await.unwrap();
    makes_nothing_temporary(&programs).await;
    execute(&mut owner, statements.next().unwrap()).await;
    let left = sqlx::query_scalar("select count(*) from pg_roles where rolname = 'programs_a'");
    assert_eq!(left.fetch_one(&mut owner).await.ok(), Some(0_i64));
}
