//! Changes that Chatwoot makes after their caller has given up.

use chatwoot_sim::{Millis, Rule};
use futures_util::future::join_all;
use outbound_worker::Config;
use serde_json::json;
use testkit::eventually;

use crate::stage::{Stage, config_impatient};

/// The repetition is answered while the first request is still waiting inside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_comes_late_does_not_undo_the_next_one() {
    let runs = [false, true].map(async |fails| {
        let stage = Stage::empty().await;
        let impatient = Config {
            absence_seconds: 18,
            // The change that fails is tried once.
            outbound_attempts: if fails { 1 } else { 12 },
            ..config_impatient()
        };
        stage.worker(&impatient).await;
        let chatwoot = stage.chatwoot("acme").await;
        let conversation = stage.conversation(&chatwoot).await;
        chatwoot.fails(|rest| {
            rest.stored_late = Rule::next(1);
            rest.stored_late_ms = Millis::between(10_000, 10_000);
        });
        let labels = |label: &str| json!({ "labels": [label] });
        stage.ask(&chatwoot, &conversation, "set_labels", &labels("first")).await;
        // What is asked for after that finds nothing of it in the outbox.
        eventually("it is settled", || async { stage.waiting().await == 0 }).await;
        stage.ask(&chatwoot, &conversation, "set_labels", &labels("second")).await;
        stage.all_settled().await;
        chatwoot.sim().settled().await;
        let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
        assert_eq!(there["labels"], json!(["second"]), "it fails: {fails}");
    });
    join_all(runs).await;
}
