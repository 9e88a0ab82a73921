//! Runs a command with `DATABASE_URL` set to a private `PostgreSQL` that has the schema of a folder
//! of migrations, and that ends with the command:
//!
//!     cargo run -p servers --example private-postgres -- migrations sh -c 'echo "$DATABASE_URL"'
//!
//! `tools/queries` describes the queries of `store` with it. It must not need that crate: a query
//! that is new does not compile before it has been described.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use secrecy::ExposeSecret;
use servers::{Postgres, PostgresOptions};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let migrations = PathBuf::from(arguments.next().ok_or("name the folder of the migrations")?);
    let program = arguments.next().ok_or("name the command to run")?;

    let folder = tempfile::tempdir()?;
    let options = PostgresOptions { durable: false, ..PostgresOptions::new(folder.path()) };
    let postgres = Postgres::start(options).await?;
    let url = postgres.url().expose_secret();
    let mut connection = PgConnection::connect(url).await?;
    Migrator::new(migrations).await?.run(&mut connection).await?;
    connection.close().await?;

    let status = Command::new(program).args(arguments).env("DATABASE_URL", url).status()?;
    postgres.stop().await?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
