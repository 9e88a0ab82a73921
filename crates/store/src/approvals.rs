//! What was asked of those who may decide.

mod read;
mod write;

pub use read::*;
pub use write::*;
