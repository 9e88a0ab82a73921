//! Settings of the database.

use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use sqlx::postgres::PgSslMode;

use crate::Error;
use crate::connect::{CONNECTING, options};

/// Where the database is.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Postgres")]
pub struct Config {
    /// Address of the database, `postgres://user:password@host:port/name`; a transaction-pooling
    /// proxy is fine if it supports prepared statements (Neon; `PgBouncer` 1.21 and later). With
    /// `?sslmode=verify-full` the server has to prove that it is this host; without, others on the
    /// way may read along, or answer in its place. `&sslrootcert=FILE` trusts the authorities in a
    /// PEM file besides the system's
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: SecretString,

    /// Address that bypasses a pooling proxy, for LISTEN, migrations and the outbound workers' locks;
    /// with an `sslmode` of its own; unset: the same as `DATABASE_URL`
    #[arg(long, env = "DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL")]
    pub database_direct_url: Option<SecretString>,

    /// Most connections that the program holds at once, 2 to 500
    #[arg(
        long,
        env = "DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(2..=500)
    )]
    pub database_connections: u32,

    /// A server that takes longer than this to accept a connection counts as away, and so does one
    /// to which all connections of the program are in use for longer
    #[arg(skip = CONNECTING)]
    pub connecting: Duration,
}

impl Config {
    /// The address to use for work that needs a session, such as LISTEN.
    pub fn direct(&self) -> &SecretString {
        self.database_direct_url.as_ref().unwrap_or(&self.database_url)
    }

    /// The servers, by host and port, that need not prove who they are: there may be no TLS, or no check of what it is
    /// made with.
    pub fn unverified(&self) -> Result<Vec<(String, u16)>, Error> {
        let mut servers = Vec::new();
        for url in [&self.database_url, self.direct()] {
            let options = options(url, "")?;
            // sqlx trusts the system's authorities in any case, so of `verify-ca` anybody may have a certificate.
            let is_verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
            let server = (options.get_host().to_owned(), options.get_port());
            if !is_verified && options.get_socket().is_none() && !servers.contains(&server) {
                servers.push(server);
            }
        }
        Ok(servers)
    }

    /// Where the database is, without user and password: `host:port/name`.
    pub fn shown(&self) -> Result<String, Error> {
        let options = options(&self.database_url, "")?;
        let name = options.get_database().unwrap_or(options.get_username());
        Ok(match options.get_socket() {
            Some(socket) => format!("{}/{name}", socket.display()),
            None => format!("{}:{}/{name}", options.get_host(), options.get_port()),
        })
    }

    /// The default settings for a database at this address.
    pub fn for_url(url: &str) -> Self {
        Self {
            database_url: url.into(),
            database_direct_url: None,
            database_connections: 16,
            connecting: CONNECTING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_who_uses_it() {
        let shown = |url: &str| Config::for_url(url).shown().unwrap();
        let asked = "?sslmode=verify-full&options=-c%20a.b=hush";
        let url = format!("postgres://me:hush@db.example.com:5433/axis{asked}");
        assert_eq!(shown(&url), "db.example.com:5433/axis");
        assert_eq!(shown("postgres:///axis?host=/run/postgresql&user=me"), "/run/postgresql/axis");
    }

    #[test]
    fn only_a_server_whose_name_is_checked_is_verified() {
        let unverified = |url: &str| Config::for_url(url).unverified().unwrap();
        for mode in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca"] {
            let found = unverified(&format!("postgres://me:hush@db.example.com:5433/axis{mode}"));
            assert_eq!(found, [("db.example.com".to_owned(), 5433)], "{mode}");
        }
        assert_eq!(unverified("postgres://db.example.com/axis?sslmode=verify-full"), []);
        assert_eq!(unverified("postgres:///axis?host=/run/postgresql"), [], "a socket");

        let proxied = Config {
            database_direct_url: Some("postgres://direct.example.com/axis".into()),
            ..Config::for_url("postgres://db.example.com/axis?sslmode=verify-full")
        };
        assert_eq!(proxied.unverified().unwrap(), [("direct.example.com".to_owned(), 5432)]);
    }
}
