//! What operators do to streams, with the tool or through the API: read dead letters without personal data, find out
//! whose they are, and replay what was received.

mod copies;
pub mod mask;
mod owner;
pub mod replay;

pub use owner::{Owner, account_of, owner_of};
