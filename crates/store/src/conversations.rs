//! Conversations: merged from snapshots, read and changed by clients.

mod apply;
mod change;
pub mod mirror;
mod read;
mod search;

pub use apply::*;
pub use change::*;
pub use read::*;
