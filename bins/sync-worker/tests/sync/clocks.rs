//! Clocks that are apart.

use std::time::Duration;

use crate::drift::settle;
use crate::support::execute;
use crate::support::stage::Stage;
use chatwoot_sim::{Faults, Options, Rule};

const MINUTE: Duration = Duration::from_mins(1);

/// What it missed is found, and what happened meanwhile to conversations that the walk has behind it is not.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_worker_whose_clock_was_ahead_a_sweep_looks_back_and_a_walk_begins() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let mut faults = Faults::default();
    faults.webhooks.drop = Rule::chance(1.0);
    stage.chatwoot.sim.set_faults(faults).unwrap();
    stage.chatwoot.sim.start_conversation(1, "hello").unwrap();
    let ahead = "update reconciliations set swept_to = now() + interval '90 days', walk_page = 3";
    execute(&stage.world.store_config, ahead).await;
    stage.lately().await;
    assert_eq!(stage.differing().await, 0);
    let progress = stage.status().await.progress;
    let now = chrono::Utc::now();
    assert!(progress.swept_to < Some(now), "{progress:?}");
    assert!(!progress.walk.under_way() && progress.walk.due_at <= now, "{progress:?}");
    stage.end().await;
}

/// A receiver takes what it sends, and what gets lost of it is left to its webhook until that time has come.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_chatwoot_dates_ahead_is_found_when_that_time_has_come() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    sim.set_back(14 * MINUTE);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    stage.lose_webhooks();
    sim.advance(10 * MINUTE);
    // By its clock, which is four minutes ahead, this happens four minutes ago: in truth eight. A sweep came after three.
    sim.agent_describes(1, conversation, "parcel", "lost").unwrap();
    sim.advance(8 * MINUTE);
    settle(&stage).await;
    let swept = "update reconciliations set swept_to = now() - interval '5 minutes'";
    execute(&stage.world.store_config, swept).await;
    assert_eq!(stage.lately().await.drift_repaired, 1);
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}
