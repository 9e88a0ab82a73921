//! Carries commands to Chatwoot: each reply once, and those of one conversation in order.
//!
//! ```text
//! outbox rows ── relay ──► OUTBOUND ──► deliver ──► Chatwoot
//!      ▲   (a wake-up, not the truth)      │
//!      └───── settled: the row goes; else due again, with what is known ──┘
//! ```
//!
//! A row of the outbox lives until its command is settled. The message on `OUTBOUND` only says that the row is due, so
//! it may be lost, repeated or late: the relay publishes every row again until it is gone.
//!
//! The worker that carries out a conversation's commands holds the conversation's lock in Postgres, so they leave one
//! by one, in the order in which they were asked for. A command that has to wait makes those behind it wait, while
//! other conversations go on.
//!
//! `decide` says what may be done with a reply, and `fence` whether anything may be done with this database.

mod callers;
mod config;
mod decide;
mod deliver;
mod fence;
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
