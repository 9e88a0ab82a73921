//! Conversations: merged from snapshots, read and changed by clients.

mod apply;
mod assignees;
mod change;
mod few;
mod hold;
mod labels;
mod list;
mod mark;
pub mod mirror;
mod read;
mod search;
mod weigh;

pub use apply::*;
pub use change::*;
pub use hold::*;
pub use list::*;
pub use mark::*;
pub use read::*;
