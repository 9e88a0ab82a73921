//! The stand-in seen from outside: over HTTP, as our programs see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod control;
mod events;
mod faults;
mod harness;
mod messages;
mod rest;
mod setup;
mod webhooks;
