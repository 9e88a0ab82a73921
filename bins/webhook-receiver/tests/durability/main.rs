//! P1: nothing acknowledged is lost; and what is told of it. Real NATS servers, real processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod cluster;
mod killed;
mod outages;
mod reports;
mod rig;
mod running;
mod slow;
mod told;
