//! A fresh database, or a whole server.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use servers::{Postgres, PostgresOptions};
use sqlx::{Connection, PgConnection};
use store::Config;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::scratch;

const TEMPLATE: &str = "axis_template";

static SERVER: OnceCell<Postgres> = OnceCell::const_new();

/// Creates a database with the schema and nothing else, on the process's own server.
pub async fn database() -> Config {
    let server = SERVER.get_or_init(start).await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    carry_out(server, &format!("create database {name} template {TEMPLATE}")).await;
    shared(server, &name)
}

/// A database without the schema, on the process's own server.
pub async fn empty_database() -> Config {
    let server = SERVER.get_or_init(start).await;
    let name = format!("empty_{}", Uuid::now_v7().simple());
    carry_out(server, &format!("create database {name}")).await;
    shared(server, &name)
}

/// Copies a database as it is now, like a backup. Closes all connections to it.
pub async fn keep(database: &Config) -> Kept {
    let server = SERVER.get_or_init(start).await;
    let (of, name) = (name_of(database), format!("kept_{}", Uuid::now_v7().simple()));
    disconnect(server, &of).await;
    carry_out(server, &format!("create database {name} template {of}")).await;
    Kept { of, name }
}

/// Restores a database to what it was when it was kept. Closes all connections to it.
pub async fn restore(kept: &Kept) {
    let server = SERVER.get_or_init(start).await;
    let Kept { of, name } = kept;
    carry_out(server, &format!("drop database {of} with (force)")).await;
    carry_out(server, &format!("create database {of} template {name}")).await;
}

/// A copy of a database at some moment.
pub struct Kept {
    of: String,
    name: String,
}

fn name_of(database: &Config) -> String {
    let url = database.database_url.expose_secret();
    let path = url.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

async fn disconnect(server: &Postgres, database: &str) {
    let ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = ";
    carry_out(server, &format!("{ended}'{database}'")).await;
}

/// Starts a server of the test's own, which may be killed, paused and restarted. The returned settings name a database
/// with the schema.
pub async fn postgres() -> (Postgres, Config) {
    let server = server().await;
    let config = config(&server, "postgres");
    store::migrate(&config).await.expect("the migrations apply");
    (server, config)
}

async fn server() -> Postgres {
    let mut options = PostgresOptions::new(scratch("postgres"));
    options.durable = false;
    options.max_connections = 400;
    Postgres::start(options).await.expect("Postgres starts; was `make setup` run?")
}

async fn start() -> Postgres {
    let server = server().await;
    carry_out(&server, &format!("create database {TEMPLATE}")).await;
    store::migrate(&config(&server, TEMPLATE)).await.expect("the migrations apply");
    server
}

async fn carry_out(server: &Postgres, statement: &str) {
    let url = config(server, "postgres").database_url;
    let mut connection =
        PgConnection::connect(url.expose_secret()).await.expect("Postgres accepts a connection");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .expect("the statement is carried out");
    connection.close().await.expect("the connection closes");
}

fn config(server: &Postgres, database: &str) -> Config {
    let url = server.url_of(database);
    Config { database_connections: 10, ..Config::for_url(url.expose_secret()) }
}

/// On the process's own server. It is never away, so who hears nothing of it is on a busy machine.
fn shared(server: &Postgres, database: &str) -> Config {
    Config { connecting: Duration::from_mins(1), ..config(server, database) }
}
