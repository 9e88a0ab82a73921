//! Conversations: merged from snapshots, read and changed by clients.

mod apply;
mod change;
mod hold;
mod labels;
pub mod mirror;
mod read;
mod search;

pub use apply::*;
pub use change::*;
pub use hold::*;
pub use read::*;
