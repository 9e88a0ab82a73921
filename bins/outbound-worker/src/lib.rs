//! Carries what agents do to Chatwoot: each reply once, those of one conversation in order.
//!
//! ```text
//! outbox rows ── relay ──► OUTBOUND ──► deliver ──► Chatwoot
//!      ▲   (a wake-up, not the truth)      │
//!      └───── settled: the row goes; else due again, with what is known ──┘
//! ```
//!
//! A row of the outbox lives until its command is settled. The message on `OUTBOUND` only says that
//! the row is due, so it may be lost, repeated or late: the relay publishes every row again until
//! it is gone.
//!
//! The worker that carries out the commands of a conversation holds the conversation's lock in Postgres, so
//! they leave one by one and in the order in which they were asked for. The first one that has to
//! wait makes those behind it wait; other conversations go on.
//!
//! What may happen to a reply is told in `decide`.

mod callers;
mod config;
mod decide;
mod deliver;
mod health;
mod leftovers;
mod locked_out;
mod metrics;
mod relay;
mod rounds;
pub mod sweep;
mod throttle;
mod worker;

pub use config::Config;
pub use worker::OutboundWorker;
