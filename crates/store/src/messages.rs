//! Messages: merged from snapshots, written by clients, carried to Chatwoot.

mod apply;
mod carry;
mod compose;
mod numbers;
mod read;

pub use apply::*;
pub use carry::*;
pub use compose::*;
pub use numbers::*;
pub use read::*;
