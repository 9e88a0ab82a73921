//! Approvals: requests that somebody with the permission decides.

mod read;
mod write;

pub use read::*;
pub use write::*;
