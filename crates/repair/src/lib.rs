//! What operators do to streams, by the tool and by the API alike: read dead letters without personal
//! data, find out whose they are, and replay what was received.

mod copies;
pub mod mask;
mod owner;
pub mod replay;

pub use owner::{Owner, account_of, owner_of};
