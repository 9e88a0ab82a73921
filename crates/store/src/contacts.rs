//! People who write to the tenants.

mod apply;
pub mod mirror;
mod read;

pub use apply::*;
pub use read::*;
