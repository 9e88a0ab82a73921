//! The timeline: written once, read by clients.

mod about;
mod read;
mod record;
mod told;
mod write;

pub use about::*;
pub use read::*;
pub use record::*;
pub use told::*;
pub use write::*;
