//! The fault run: customers write, agents answer and screens follow, while programs and servers
//! are killed, frozen and restarted at random. In the end the books must balance (P1, P2, P4, P6):
//! what was acknowledged is applied once, what agents wrote is in Chatwoot once and in order, and
//! every screen has seen every activity.
//!
//! | variable | is | default |
//! |---|---|---|
//! | `FAULTS_SECONDS` | how long faults happen | 15 |
//! | `FAULTS_SEED` | from which everything random follows, as far as processes allow | random |
//! | `FAULTS_CLUSTER` | if set, NATS is a cluster of three, of which one node at a time is away | unset |

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

mod balancer;
mod chaos;
#[path = "../installation/mod.rs"]
mod installation;
mod ledger;
mod load;
mod report;
mod rig;
mod screens;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ledger::Ledger;
use crate::load::Load;
use crate::rig::{Layout, Rig};
use crate::screens::Screens;

/// Before the faults there are none for this part of their time, to know the quiet.
const QUIET: u32 = 5;
/// How long what was interrupted may take to be made good once everything runs again: what a
/// killed worker had in hand comes again after half a minute, a lost wake-up after a whole one.
const PATIENCE: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_whatever_is_killed_or_frozen() {
    let setting = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let seconds = setting("FAULTS_SECONDS").map_or(15, |seconds| seconds.parse().unwrap());
    let seed = setting("FAULTS_SEED").map_or_else(rand::random, |seed| seed.parse().unwrap());
    let layout = if setting("FAULTS_CLUSTER").is_some() { Layout::Cluster } else { Layout::One };
    println!("faults: seed {seed}, {seconds} s, {layout}");
    let length = Duration::from_secs(seconds);

    let rig = Arc::new(Rig::start(seed, layout).await);
    let screens = Screens::open(&rig, seed).await;
    let load = Load::start(&rig, seed).await;
    tokio::time::sleep(length / QUIET).await;
    let timeline = chaos::run(&rig, seed, length).await;
    let ledger = Ledger { posted: load.stop().await, timeline };
    screens.calm();
    rig.recover().await;

    let verdict = verdict::reach(&rig, &ledger, &screens, PATIENCE).await;
    report::print(&rig, &ledger, &verdict);
    screens.close().await;
    let unwell = rig.stop().await;
    if !verdict.is_clean() || !unwell.is_empty() {
        report::explain(&rig, seed, &ledger, &verdict);
        assert!(unwell.is_empty(), "these ended with an error: {unwell:?}");
        panic!("the books do not balance: see above, and run again with FAULTS_SEED={seed}");
    }
}

/// A token that ends what was started with it.
fn ending() -> CancellationToken {
    CancellationToken::new()
}
