//! Turns what a body says about rows into snapshots, without looking at the database.

pub mod contact;
pub mod conversation;
pub mod message;
