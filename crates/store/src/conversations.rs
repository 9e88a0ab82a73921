//! Conversations: merged from snapshots, read by clients.

mod apply;
pub mod mirror;
mod read;
mod search;

pub use apply::*;
pub use read::*;
