//! The timeline: written once, read by clients.

mod read;
mod record;
mod told;
mod write;

pub use read::*;
pub use record::*;
pub use told::*;
pub use write::*;
