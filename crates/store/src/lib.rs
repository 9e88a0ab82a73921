//! All SQL. There is a module per table, with free functions that take a connection, so that the caller owns the
//! transaction.
//!
//! There are four kinds of transaction: [`Store::tenant`] sees one tenant's rows, [`Store::worker`] sees all rows,
//! [`Store::gate`] only what tells whose a caller is, and [`Store::installation`] only which tenants there are. Each
//! steps down to a role that can do no more than it must (`migrations/0001_roles.sql`, `0018_installation.sql`), and
//! only for the length of the transaction, so a proxy that pools by transaction may stand in between.

/// One column of many rows, as an array for `unnest`.
macro_rules! column {
    ($rows:expr, |$row:pat_param| $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

pub mod accounts;
pub mod activities;
pub mod announcements;
pub mod api_keys;
pub mod approvals;
pub mod attachments;
pub mod attempts;
pub mod audit;
pub mod breakers;
pub mod catalogue;
mod condition;
mod config;
mod connect;
pub mod contacts;
pub mod conversations;
pub mod drafts;
pub mod erasure;
mod error;
pub mod high_water;
pub mod hosts;
pub mod idempotency;
pub mod inspect;
mod lately;
pub mod links;
mod locks;
pub mod messages;
pub mod outbox;
mod part;
pub mod pipeline;
pub mod reconciliations;
pub mod retention;
mod rows;
mod schema;
pub mod stream_tickets;
pub mod tenant_claims;
pub mod tenants;
mod transaction_id;
pub mod uploads;
mod wakeups;
pub mod webhook_events;

pub use condition::Trouble;
pub use config::Config;
pub use connect::{Limits, PATIENCE, Store, commit_and_begin, confine, within};
pub use error::Error;
pub use part::Start;
pub use schema::{Wait, migrate, migrate_within};
/// A connection inside a transaction, which the functions of the modules take.
pub use sqlx::PgConnection;
pub use transaction_id::TransactionId;
pub use wakeups::Wakeups;

/// A transaction of a [`Store`]; it is rolled back unless it is committed.
pub type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;

/// Rolls a transaction back, and waits until the database has done so.
pub async fn rollback(transaction: Transaction) -> Result<(), Error> {
    transaction.rollback().await.map_err(Error::from)
}

/// Commits a transaction.
pub async fn commit(transaction: Transaction) -> Result<(), Error> {
    transaction.commit().await.map_err(Error::from)
}
