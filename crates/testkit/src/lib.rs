//! Real servers for tests: a fresh database and a NATS server of its own for each test.
//!
//! ```no_run
//! # async fn test() {
//! let world = testkit::World::start().await;
//! let account = world.account("acme", 1).await;
//! let mut transaction = world.store.tenant(&account.tenant).await.unwrap();
//! # }
//! ```
//!
//! One Postgres serves all tests of a process; each gets a copy of a migrated template. A test that
//! does something to the server itself uses [`postgres`]. The servers die with the process. Nothing here sleeps for a
//! fixed time: [`eventually`] polls until its condition holds.

#![expect(clippy::expect_used, reason = "a test whose environment is broken has to say so and end")]

mod account;
mod database;
mod http;
mod nats;
mod openid;
mod pooler;
mod program;
mod scratch;
mod wait;
mod way;
mod world;

pub use account::{Account, BASE_URL, SECRET_KEY, account, secret_key, signs, unsigned};
pub use database::{Kept, database, empty_database, keep, postgres, restore};
pub use http::http;
pub use nats::{Earlier, nats, stick, takes};
pub use openid::{OpenId, SignedIn};
pub use pooler::pooled;
pub use program::{Program, program_path};
pub use scratch::scratch;
pub use servers::{Postgres, free_port};
pub use wait::{eventually, eventually_some};
pub use way::Way;
pub use world::World;

/// For tests that speak HTTP.
pub use reqwest;
/// For tests that read the database directly.
pub use sqlx;
