//! Carries inbound events into Postgres and announces what happened.
//!
//! ```text
//! INBOUND ══► decode ──► plan ──► apply: one transaction for many ──► announce ──► ack
//! a lane for    │                   │ refused: split until the poison is alone
//! each account  └── undecodable ────┴──► DEAD_LETTER
//! ```
//!
//! Each account's events come by a lane of their own, so that nobody waits for what another account
//! sends (`turns.rs` says who is next), and meet in transactions that carry those of many.
//!
//! What an event says is turned into snapshots ([`apply`]) and activities (`activity.rs`) without
//! looking at the database, and merged there as a join. So workers need no order among themselves,
//! and an event that comes twice changes nothing. What webhooks missed, [`reconcile`] brings.

mod activity;
mod announce;
mod appliers;
pub mod apply;
mod clock;
mod config;
mod handler;
mod metrics;
mod people;
mod plan;
pub mod reconcile;
mod rejection;
mod rows;
mod transaction;
mod turns;
mod worker;

pub use config::Config;
pub use handler::InboundHandler;
pub use plan::{GoneRow, Plan, Refusal, Unheard, plan};
pub use worker::SyncWorker;
