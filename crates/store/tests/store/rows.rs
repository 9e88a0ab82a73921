//! How many rows a connection reads.

use store::{Config, PgConnection};
use testkit::sqlx::{self, Connection as _};

/// Has PostgreSQL count what the tables hold, as it does by itself after a while.
pub async fn analyze(config: &Config) {
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("analyze").execute(&mut owner).await.unwrap();
}

/// How many rows of a table the connection has read lately. What counts is by how much that grows within a transaction.
pub async fn read(connection: &mut PgConnection, table: &str) -> i64 {
    let read = "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
                from pg_stat_xact_user_tables where relname = $1";
    sqlx::query_scalar(read).bind(table).fetch_one(connection).await.unwrap()
}
