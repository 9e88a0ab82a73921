//! What was erased here and is in Chatwoot after all.

use crate::support::stage::Stage;
use crate::support::telling::heard;
use crate::support::{count, execute};
use chatwoot_sim::Options;
use chrono::Utc;
use domain::ConversationId;
use events::Announcement;
use store::erasure::{self, Scope};

/// The texts of messages that were announced as new.
async fn new_messages(stage: &Stage) -> Vec<String> {
    let new = |one: &Announcement| one.activity.kind == "message_created";
    let told = heard(&stage.world, &stage.account).await;
    told.into_iter().filter(new).filter_map(|one| one.subject.message?.content).collect()
}

/// Takes all conversations for gone, and erases them.
async fn erase(stage: &Stage) {
    let gone = "update conversations set gone_at = greatest(version_at + 1,
                  (extract(epoch from now() - interval '1 minute') * 1e6)::bigint)";
    execute(&stage.world.store_config, gone).await;
    let gone_before = Utc::now() + chrono::TimeDelta::minutes(1);
    let scope = Scope { gone_before, disconnected: false, account: None, contact: None };
    let mut transaction = stage.world.store.worker().await.unwrap();
    let none = ConversationId(uuid::Uuid::nil());
    let ids = erasure::conversations(&mut transaction, &scope, none, 100).await.unwrap();
    erasure::erase_conversations(&mut transaction, &ids).await.unwrap();
    store::commit(transaction).await.unwrap();
    // Whoever asks from now on knows better: a finding is believed after a while.
    let earlier = "update conversations
                   set version_at = version_at - 3600000000, gone_at = gone_at - 3600000000";
    execute(&stage.world.store_config, earlier).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_back_brings_its_messages_along_and_only_later_ones_are_news() {
    let stage = Stage::set(Options { history: 2, ..Options::default() }, false).await;
    let sim = stage.chatwoot.sim.clone();
    stage.everything().await;
    let config = &stage.world.store_config;
    let brought_in = count(config, "messages").await;
    assert!(brought_in > 0);

    erase(&stage).await;
    assert_eq!(count(config, "messages").await, 0);
    stage.everything().await;
    assert_eq!(count(config, "messages").await, brought_in);
    assert_eq!(new_messages(&stage).await, Vec::<String>::new());

    stage.lose_webhooks();
    sim.customer_writes(1, 1, "later").unwrap();
    stage.everything().await;
    assert_eq!(new_messages(&stage).await, ["later"]);
    stage.end().await;
}
