//! The commands against real servers and a stand-in for Chatwoot.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod accounts;
mod database;
mod doctor;
mod operator;
#[path = "../program/mod.rs"]
mod program;
mod retention;
mod streams;
mod webhook;
