//! Conversations: merged from snapshots, read by clients.

mod apply;
mod read;
mod search;

pub use apply::*;
pub use read::*;
