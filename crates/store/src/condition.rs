//! The state of the database, for health checks.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use crate::Store;
use crate::connect::ReadOnly;

/// How long to wait for the pool before trying one more connection to find out what is wrong.
const POOL: Duration = Duration::from_millis(500);
/// How long both may then take. `/health` gives up on a part that takes 2 s.
const BOTH: Duration = Duration::from_millis(1300);

const SILENT: &str = "does not answer";
/// The SQLSTATE for too many connections.
const FULL: &str = "53300";
const IN_USE: &str = "all connections of this program are in use";
const NO_MORE: &str = "lets this program have no more connections than it has";

/// What is wrong with the database, in words that give nothing away, since anybody may ask `/health`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The database works, but whoever needs a connection has to wait for one.
    #[error("answers, but {0}")]
    Busy(&'static str),
    /// It cannot be used.
    #[error("{0}")]
    Away(&'static str),
}

impl Store {
    /// What is wrong with the database at the moment. Returns `None` if nothing is.
    pub async fn trouble(&self) -> Option<Trouble> {
        let mut asked = Box::pin(self.ping_pool());
        if let Ok(answered) = timeout(POOL, &mut asked).await {
            return answered.err().map(|error| Trouble::Away(in_words(&error)));
        }
        let (asked, tried) =
            tokio::join!(timeout(BOTH, asked), timeout(BOTH, Box::pin(self.try_connecting())));
        let error = match (asked, tried) {
            (Ok(answered), _) => answered.err()?,
            // There are no more connections for anybody, but this program works with those that it has.
            (Err(_), Ok(Err(error))) if is_full(&error) && self.has_connections() => {
                return Some(Trouble::Busy(NO_MORE));
            }
            (Err(_), Ok(Err(error))) => error,
            // This connection was let in, so the pool's own are all in use.
            (Err(_), Ok(Ok(()))) => return Some(Trouble::Busy(IN_USE)),
            (Err(_), Err(_)) => return Some(Trouble::Away(SILENT)),
        };
        Some(Trouble::Away(in_words(&error)))
    }
}

/// Whether the server, the database or the user has as many connections as it may have.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == FULL)
}

fn in_words(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::PoolTimedOut => SILENT,
        sqlx::Error::Io(error) => unreachable(error),
        sqlx::Error::Tls(_) => "cannot be reached by TLS",
        sqlx::Error::Database(error) => refused(&error.code().unwrap_or_default()),
        _ => "cannot be used",
    }
}

fn unreachable(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "is away: nothing listens at its address",
        io::ErrorKind::TimedOut => SILENT,
        _ if matches!(error.get_ref(), Some(inner) if inner.is::<ReadOnly>()) => "takes no writes",
        _ => "cannot be reached",
    }
}

/// Describes a refusal by its SQLSTATE.
fn refused(code: &str) -> &'static str {
    match code {
        "28000" | "28P01" => "does not let this program in",
        "3D000" => "is there, but not the database that DATABASE_URL names",
        FULL => "has no connection left",
        "57P01" | "57P02" | "57P03" => "is starting or stopping",
        _ => "answers with an error",
    }
}
