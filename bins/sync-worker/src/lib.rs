//! Carries inbound events into Postgres and announces what happened.
//!
//! ```text
//! INBOUND ──► decode ──► plan ──► apply: one transaction a batch ──► announce ──► ack
//!               │                   │ refused: the batch is split until the poison is alone
//!               └── undecodable ────┴──► DEAD_LETTER
//! ```
//!
//! What an event says is turned into snapshots ([`apply`]) and activities (`activity.rs`) without
//! looking at the database, and merged there as a join. So workers need no order among themselves,
//! and an event that comes twice changes nothing.

mod activity;
mod announce;
pub mod apply;
mod clock;
mod config;
mod handler;
mod plan;
mod transaction;
mod worker;

pub use config::Config;
pub use handler::Sync;
pub use plan::{Plan, Refusal, plan};
pub use worker::SyncWorker;
