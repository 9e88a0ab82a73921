//! The whole pipeline as processes of their own, on real servers, with Chatwoot's stand-in.

#![expect(clippy::unwrap_used, reason = "tests")]

mod counters;
mod endings;
mod faults;
mod flow;
mod full_disk;
#[path = "../installation/mod.rs"]
mod installation;
mod keys;
mod losses;
mod refusals;
mod restores;
mod screen;
mod settings;
mod system;
mod waiting;
