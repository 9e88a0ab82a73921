//! Contacts: the people who write to the tenants. Their snapshots are merged together with those of their conversations
//! ([`crate::conversations::apply`]).

pub mod mirror;
mod read;

pub use read::*;
