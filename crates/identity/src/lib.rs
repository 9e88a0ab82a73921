//! An OpenID provider: its keys, and whom its tokens identify. This is the only crate that calls one.
//!
//! ```text
//! discovery ──► jwks_uri ──► keys      again when a token names a key that is not known, at most
//!                              │       once a second, and when they are old
//! token ─► algorithm? key? signature? iss, aud, exp, nbf? ─► Identity
//! ```
//!
//! A token says which key and algorithm it was signed with, but not which ones are acceptable. Algorithms have to be
//! announced by the provider and be among the few asymmetric ones that are known here, and a key that names its
//! algorithm is used with no other.

mod claims;
mod config;
mod crypto;
mod error;
mod keys;
mod provider;

pub use claims::{Identity, unfit};
pub use config::Config;
pub use error::{FetchError, Refusal, SetupError};
pub use provider::Provider;
