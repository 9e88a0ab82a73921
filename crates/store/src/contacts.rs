//! People who write to the tenants.

pub mod mirror;
mod read;

pub use read::*;
