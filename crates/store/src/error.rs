//! What can go wrong with the database, told apart by what the caller can do about it.

use sqlx::migrate::MigrateError;

/// A statement or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database's address cannot be parsed.
    #[error("DATABASE_URL is not a Postgres address: {0}")]
    Address(#[source] sqlx::Error),
    /// The database is away, starting, full or busy: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database ended a statement because it took too long: it is busy, or the data are to blame.
    #[error("the database did not finish in time: {0}")]
    Overlong(#[source] sqlx::Error),
    /// Another transaction was in the way: try again now.
    #[error("another transaction was in the way: {0}")]
    Conflict(#[source] sqlx::Error),
    /// A row with this key exists already.
    #[error("a row with this key exists already ({constraint})")]
    Exists {
        /// The violated constraint.
        constraint: String,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// Another tenant has this Chatwoot account, or had it.
    #[error("another tenant has this account, or had it")]
    Taken,
    /// A file was swept away before it was given to its message: it has to be sent again.
    #[error("a file was swept away before its message was written; send it again")]
    Swept,
    /// The data cannot be stored: trying again is of no use.
    #[error("the database refused the data: {0}")]
    Data(#[source] sqlx::Error),
    /// The schema is not the one that this program was built for: try again once it is migrated.
    #[error("the database's schema does not fit this program; run `axis migrate`: {0}")]
    Schema(#[source] sqlx::Error),
    /// Transactions cannot step down to their roles, whatever the data: try again once the roles exist.
    #[error(
        "the database's roles are missing, as after a restore on a server without them; make them, then \
         restore again (docs/operations.md, \"Dumps\"): {0}"
    )]
    Roles(#[source] sqlx::Error),
    /// A migration failed.
    #[error("cannot bring the schema up to date: {0}")]
    Migration(#[source] MigrateError),
    /// A row holds what this program cannot read.
    #[error("cannot read column {column} of {table}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl Error {
    /// Whether the same call can succeed later, with the same data.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Overlong(_)
                | Self::Conflict(_)
                | Self::Schema(_)
                | Self::Roles(_)
        )
    }

    /// Whether the database's user lacks a privilege, which somebody has to grant.
    pub fn is_denied(&self) -> bool {
        let Some(source) = std::error::Error::source(self) else { return false };
        let Some(error) = source.downcast_ref::<sqlx::Error>() else { return false };
        let Some(database) = error.as_database_error() else { return false };
        database.code().is_some_and(|code| code == "42501")
    }

    /// A value that cannot be written as JSON.
    pub(crate) fn encoding(error: serde_json::Error) -> Self {
        Self::Data(sqlx::Error::Encode(Box::new(error)))
    }

    /// Explains why a transaction could not be begun: never because of the data, which nobody has sent yet.
    pub(crate) fn beginning(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // SQLSTATE 22023: there is no role of that name.
        if code.is_some_and(|code| code == "22023") {
            return Self::Roles(error);
        }
        match error.into() {
            Self::Data(error) | Self::Overlong(error) | Self::Exists { source: error, .. } => {
                Self::Unavailable(error)
            }
            error => error,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Configuration(_) => Self::Address(error),
                sqlx::Error::Encode(_) | sqlx::Error::TypeNotFound { .. } => Self::Data(error),
                sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. } => {
                    Self::Schema(error)
                }
                _ => Self::Unavailable(error),
            };
        };
        let code = database.code().unwrap_or_default().into_owned();
        let constraint = database.constraint().unwrap_or_default().to_owned();
        match code.as_str() {
            code if is_conflict(code) => Self::Conflict(error),
            // Ended by `statement_timeout`, or by an operator.
            "57014" => Self::Overlong(error),
            "23505" => Self::Exists { constraint, source: error },
            "42P01" | "42703" | "42883" | "42704" => Self::Schema(error),
            code if comes_of_the_data(code) => Self::Data(error),
            _ => Self::Unavailable(error),
        }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if error
                    .as_database_error()
                    .and_then(sqlx::error::DatabaseError::code)
                    .is_some_and(|code| is_conflict(&code)) =>
            {
                Self::Conflict(error)
            }
            error => Self::Migration(error),
        }
    }
}

/// Whether another transaction was in the way, by the SQLSTATE: it could not be serialized, there was a deadlock, or a
/// lock was waited for in vain.
fn is_conflict(code: &str) -> bool {
    matches!(code, "40001" | "40P01" | "55P03")
}

/// Whether the data are at fault, by the class of the SQLSTATE. What is not known to be their fault counts as the
/// database's, so that no event is given up because of it: a plan made before a migration (0A000) passes with its
/// connection, a missing privilege with a grant.
fn comes_of_the_data(code: &str) -> bool {
    // In this order: cardinality, data exception, constraint violation, SQL routine exception, external routine
    // exception, external routine invocation exception, WITH CHECK OPTION violation, program limit exceeded, PL/pgSQL.
    let classes = ["21", "22", "23", "2F", "38", "39", "44", "54", "P0"];
    code.get(..2).is_some_and(|class| classes.contains(&class))
}
