//! What screens hear of a conversation whose reply failed (P6): its row comes with what became of the reply.

use chatwoot_sim::Rule;
use domain::MessageId;
use outbound_worker::Config;
use testkit::{eventually_some, sqlx};

use crate::stage::{Chatwoot, Stage, config_giving_up};

impl Stage {
    /// Whether the row says that a reply failed that comes with this state of the reply, the last that is told.
    async fn marked(&self, chatwoot: &Chatwoot, reply: MessageId, state: &str) -> bool {
        eventually_some(&format!("it is told that the reply is {state}"), || async {
            let told = self.announced(&chatwoot.account.tenant).await;
            let mut states = told.into_iter().filter(|told| {
                let data = &told.activity.data;
                data.get("messageId") == Some(reply) && data.get::<String>("state").is_some()
            });
            let last = states
                .next_back()
                .filter(|told| told.activity.data.get("state") == Some(state.to_owned()))?;
            Some(last.subject.conversation.unwrap().reply_failed)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_reply_failed_or_a_later_one_went_out_is_told_with_the_row() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.worker(&Config { outbound_attempts: 1, ..config_giving_up() }).await;
    chatwoot.fails_to_create(|rest| rest.rate_limited = Rule::next(1));
    let first = stage.write(&chatwoot, &conversation, "Hello").await;
    assert!(stage.marked(&chatwoot, first, "failed").await);
    chatwoot.goes_on();
    let second = stage.write(&chatwoot, &conversation, "Are you there?").await;
    assert!(!stage.marked(&chatwoot, second, "sent").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_the_channel_got_a_reply_again_is_told_with_the_row() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.worker(&Config { outbound_attempts: 1, ..config_giving_up() }).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let id = stage.reaches(reply, "sent").await.chatwoot_id.unwrap();
    assert!(!stage.marked(&chatwoot, reply, "sent").await);
    chatwoot.sim().set_message_status(1, conversation.number, id, "failed", Some("full")).unwrap();
    let mut transaction = stage.world.store.worker().await.unwrap();
    let failed = "update messages set delivery_failed_at = delivery_succeeded_at + 1 where id = $1";
    sqlx::query(failed).bind(reply.0).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();

    chatwoot.fails(|rest| rest.rate_limited = Rule::next(1));
    stage.retry(&chatwoot, &conversation, reply).await;
    assert!(stage.marked(&chatwoot, reply, "failed").await);
    chatwoot.goes_on();
    stage.retry(&chatwoot, &conversation, reply).await;
    assert!(!stage.marked(&chatwoot, reply, "sent").await);
}
