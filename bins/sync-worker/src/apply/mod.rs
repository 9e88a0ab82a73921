//! What a body says about rows: snapshots, made without looking at the database.

pub mod contact;
pub mod conversation;
pub mod message;
