//! The REST client and the test delivery, against servers of our own making.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod calls;
mod delivery;
mod failures;
mod server;
