//! What screens hear of what no webhook told, or of which a webhook tells nothing that happened (P6).

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use chatwoot_sim::{Faults, Options, Rule, Sim};
use events::Announcement;
use support::count;
use support::stage::Stage;

/// All that was announced, oldest first.
async fn announced(stage: &Stage) -> Vec<Announcement> {
    let bus = &stage.world.bus;
    let (_, last) = bus.activity_range().await.unwrap();
    let told = bus.read_activity(&stage.account.tenant, 0, last, 10_000).await.unwrap();
    told.iter().map(|one| serde_json::from_slice(&one.payload).unwrap()).collect()
}

/// The texts of messages that were announced as new.
async fn new_messages(stage: &Stage) -> Vec<String> {
    let new = |one: &Announcement| one.activity.kind == "message_created";
    let told = announced(stage).await;
    told.into_iter().filter(new).filter_map(|one| one.subject.message?.content).collect()
}

fn drop_webhooks(sim: &Sim) {
    let mut faults = Faults::default();
    faults.webhooks.drop = Rule::ALWAYS;
    sim.set_faults(faults).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sweep_finds_is_news_though_the_history_is_not_here_yet() {
    let stage = Stage::set(Options { history: 2, ..Options::default() }, false).await;
    let sim = stage.chatwoot.sim.clone();
    let (known, _) = sim.start_conversation(1, "told of").unwrap();
    stage.settled().await;
    drop_webhooks(&sim);
    sim.start_conversation(1, "before there was a sweep").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of"]);
    sim.customer_writes(1, known, "missed").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of", "missed"]);
    sim.start_conversation(1, "somebody new").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of", "missed", "somebody new"]);
    // It comes with all that was said in it.
    sim.customer_writes(1, 1, "somebody again").unwrap();
    stage.lately().await;
    let news = ["told of", "missed", "somebody new", "somebody again"];
    assert_eq!(new_messages(&stage).await, news);
    let config = &stage.world.store_config;
    assert!(count(config, "messages").await > 6);

    stage.everything().await;
    assert_eq!(stage.differing().await, 0);
    assert_eq!(count(config, "conversations").await, 5);
    assert_eq!(new_messages(&stage).await, news);
    stage.end().await;
}
