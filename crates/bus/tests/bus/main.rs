//! The bus against a real server.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod ask;
mod cluster;
mod consume;
mod dead_letters;
mod foreign;
mod full_disk;
mod high_water;
mod in_hand;
mod lanes;
mod log;
mod outage;
mod permissions;
mod publish;
mod recreated;
mod rewind;
mod room;
mod sources;
mod streams;
mod support;
mod tail;
