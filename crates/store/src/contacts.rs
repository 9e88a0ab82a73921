//! People who write to the tenants.

mod apply;
pub mod mirror;

pub use apply::*;
