//! Carries inbound events into Postgres and announces what happened.
//!
//! ```text
//! INBOUND ══► decode ──► plan ──► apply: one transaction for many ──► announce ──► ack
//! a lane for    │                   │ refused: split until the poison is alone
//! each account  └── undecodable ────┴──► DEAD_LETTER
//! ```
//!
//! Each account's events come through a lane of their own, so that no account waits for another one's events
//! (`turns.rs` decides who is next), and meet in transactions that carry the events of many accounts.
//!
//! An event is turned into snapshots ([`apply`]) and activities (`activity.rs`) without looking at the database, and
//! these are merged there as a join. So workers need no order among themselves, and an event that comes twice changes
//! nothing. What webhooks missed is found by [`reconcile`].

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
mod room;
mod rows;
mod transaction;
mod turns;
mod worker;

pub use config::Config;
pub use handler::InboundHandler;
pub use plan::{GoneRow, Plan, Refusal, Unheard, plan};
pub use worker::SyncWorker;
