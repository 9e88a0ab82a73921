//! The commands against real servers and a stand-in for Chatwoot.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod accounts;
mod audit;
mod backfill;
mod database;
mod dead_letters;
mod doctor;
mod erase;
mod interrupted;
mod journal;
mod keys;
mod migrate;
mod operator;
mod program;
mod replay;
mod restored;
mod retention;
mod running;
mod streams;
mod up;
mod webhook;
