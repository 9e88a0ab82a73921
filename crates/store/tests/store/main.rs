//! The store on a real database.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod approvals;
mod catalogue;
mod definers;
mod dumps;
mod errors;
mod failures;
mod hosts;
mod labels;
mod lists;
mod months;
mod outbox;
mod pooling;
mod roles;
mod rows;
mod schema;
mod silence;
mod sweeps;
mod tenancy;
mod timelines;
mod transactions;
mod unread;
mod uploads;
