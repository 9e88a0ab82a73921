//! Times of Chatwoot's that go back (P7): its nodes have clocks of their own.

use crate::drift::settle;
use crate::support::stage::Stage;
use crate::support::{count, execute};
use chatwoot_sim::Options;
use store::reconciliations::Tally;

/// A node whose clock is ahead changed it last but one.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_before_the_row_is_found_and_told_once() {
    let stage = Stage::set(Options::default(), false).await;
    let (sim, config) = (stage.chatwoot.sim.clone(), &stage.world.store_config);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    execute(config, "update conversations set version_at = version_at + 3600000000").await;
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    assert_eq!(count(config, "conversations where status = 'open'").await, 1);

    settle(&stage).await;
    assert_eq!(stage.lately().await.drift_repaired, 1);
    assert_eq!(stage.differing().await, 0);
    let changed = "activities where kind = 'conversation_status_changed'";
    assert_eq!(count(config, changed).await, 1, "its webhook has told it");
    settle(&stage).await;
    assert_eq!([stage.lately().await, stage.everything().await], [Tally::default(); 2]);
    stage.end().await;
}
