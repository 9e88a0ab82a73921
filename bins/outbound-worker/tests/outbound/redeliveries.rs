//! What Chatwoot has and the customer's channel did not deliver.

use chatwoot_sim::{Rule, Scope};
use domain::{DeliveryState, Message, MessageId};
use events::TraceParent;
use outbound_worker::Config;
use serde_json::{Value, json};
use store::messages::{self, Intervened, Intervention};
use testkit::{eventually, sqlx};

use crate::interventions::by_ada;
use crate::stage::{Chatwoot, Conversation, Stage, config};

impl Stage {
    /// A reply that the channel refused, here and there.
    async fn undelivered(&self, chatwoot: &Chatwoot, to: &Conversation) -> MessageId {
        let reply = self.write(chatwoot, to, "Hello").await;
        let id = self.reaches(reply, "sent").await.chatwoot_id.unwrap();
        let refused = Some("the number takes no messages");
        chatwoot.sim().set_message_status(1, to.number, id, "failed", refused).unwrap();
        // As if the webhook had been applied.
        let mut transaction = self.world.store.worker().await.unwrap();
        let failed = "update messages set delivery_failed_at = delivery_succeeded_at + 1
                      where id = $1";
        sqlx::query(failed).bind(reply.0).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
        reply
    }

    async fn shown(&self, message: MessageId) -> Message {
        let mut transaction = self.world.store.worker().await.unwrap();
        messages::by_ids(&mut transaction, &[message]).await.unwrap().pop().unwrap()
    }

    /// What came of the tries at anything but this reply's sending.
    async fn other_attempts(&self, reply: MessageId) -> Vec<Option<String>> {
        let mut transaction = self.world.store.worker().await.unwrap();
        let other = "select outcome from outbound_attempts where operation_id <> $1
                     order by started_at";
        sqlx::query_scalar(other).bind(reply.0).fetch_all(&mut *transaction).await.unwrap()
    }
}

fn there(chatwoot: &Chatwoot, conversation: &Conversation) -> Value {
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    messages.into_iter().find(|message| message["message_type"] == 1).unwrap()
}

/// A reply that Chatwoot has and its channel did not deliver.
async fn undelivered() -> (Stage, Chatwoot, Conversation, MessageId) {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.undelivered(&chatwoot, &conversation).await;
    (stage, chatwoot, conversation, reply)
}

/// Chatwoot is away, and people see why such a message waits to be handed over.
async fn waiting_to_be_handed_over() -> (Stage, Chatwoot, Conversation, MessageId) {
    let (stage, chatwoot, conversation, reply) = undelivered().await;
    chatwoot.fails(|rest| rest.unavailable = Rule::ALWAYS);
    stage.retry(&chatwoot, &conversation, reply).await;
    eventually("people see why it waits", async || {
        let shown = stage.shown(reply).await;
        shown.state == Some(DeliveryState::Retrying) && shown.state_reason.is_some()
    })
    .await;
    (stage, chatwoot, conversation, reply)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_the_channel_did_not_deliver_is_handed_to_it_again_and_no_other_message_is_written()
{
    for old in [false, true] {
        let stage = Stage::start().await;
        let chatwoot = stage.chatwoot("acme").await;
        chatwoot.fails(|rest| rest.old_retry = old);
        let conversation = stage.conversation(&chatwoot).await;
        let reply = stage.undelivered(&chatwoot, &conversation).await;
        assert_eq!(stage.shown(reply).await.state, Some(DeliveryState::Failed));
        stage.retry(&chatwoot, &conversation, reply).await;
        let next = stage.write(&chatwoot, &conversation, "Did you get it?").await;
        stage.reaches(next, "sent").await;
        stage.all_settled().await;
        assert_eq!(there(&chatwoot, &conversation)["status"], "sent");
        assert_eq!(chatwoot.texts(&conversation), ["Hello", "Did you get it?"]);
        let shown = stage.shown(reply).await;
        assert_eq!((shown.state, shown.state_reason), (Some(DeliveryState::Sent), None));
        let told = stage.announced(&chatwoot.account.tenant).await;
        let last =
            told.into_iter().rfind(|told| told.activity.data.get("messageId") == Some(reply));
        assert_eq!(last.unwrap().subject.message.unwrap().state, Some(DeliveryState::Sent));
    }
}

/// Older versions would send it once more all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_has_not_failed_any_more_is_not_handed_over_again() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(|rest| rest.old_retry = true);
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.undelivered(&chatwoot, &conversation).await;
    let id = stage.row(reply).await.chatwoot_id.unwrap();
    chatwoot.sim().set_message_status(1, conversation.number, id, "delivered", None).unwrap();
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.all_settled().await;
    let there = there(&chatwoot, &conversation);
    assert_eq!(there["status"], "delivered");
    assert_eq!(there["content_attributes"]["axis"]["op"], json!(reply), "untouched");
    assert_eq!(stage.shown(reply).await.state, Some(DeliveryState::Sent));
    assert_eq!(stage.other_attempts(reply).await, Vec::<Option<String>>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_hand_over_of_unknown_outcome_is_looked_at_and_not_repeated() {
    let (stage, chatwoot, conversation, reply) = undelivered().await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Writes;
        rest.stored_then_cut = Rule::next(1);
        rest.old_retry = true;
    });
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.all_settled().await;
    assert_eq!(there(&chatwoot, &conversation)["status"], "sent");
    assert_eq!(stage.other_attempts(reply).await, [Some("unknown".to_owned())]);
    assert_eq!(stage.shown(reply).await.state, Some(DeliveryState::Sent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_it_is_not_handed_over_yet_or_at_all_is_told() {
    let (stage, chatwoot, conversation, reply) = waiting_to_be_handed_over().await;
    // Somebody wants it now, and deletes it in Chatwoot meanwhile.
    stage.retry(&chatwoot, &conversation, reply).await;
    let id = stage.row(reply).await.chatwoot_id.unwrap();
    chatwoot.sim().delete_message(1, conversation.number, id).unwrap();
    chatwoot.goes_on();
    stage.all_settled().await;
    let shown = stage.shown(reply).await;
    assert_eq!(shown.state, Some(DeliveryState::Failed));
    assert!(shown.state_reason.unwrap().contains("does not have this message"));
}

/// The channel may have refused it once more before what Chatwoot answered is written down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_failure_that_is_known_before_the_hand_over_is_noted_stays_on_show() {
    let (stage, chatwoot, _, reply) = undelivered().await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let account = chatwoot.account.key;
    let target = messages::to_redeliver(&mut transaction, account, reply).await.unwrap().unwrap();
    let failed_at = target.failed_at;
    let later = "update messages set delivery_failed_at = $2 where id = $1";
    sqlx::query(later).bind(reply.0).bind(failed_at + 5).execute(&mut *transaction).await.unwrap();
    messages::redelivered(&mut transaction, reply, failed_at).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(stage.shown(reply).await.state, Some(DeliveryState::Failed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_was_deleted_meanwhile_is_not_handed_over() {
    let (stage, chatwoot, conversation, reply) = waiting_to_be_handed_over().await;
    let (tenant, actor, trace) = (&chatwoot.account.tenant, &by_ada(), TraceParent::generate());
    let wanted =
        Intervention { tenant, conversation: conversation.id, message: reply, actor, trace };
    let mut transaction = stage.world.store.tenant(tenant).await.unwrap();
    let removed = messages::remove(&mut transaction, &wanted).await.unwrap();
    assert!(matches!(removed, Intervened::Done(_)));
    store::commit(transaction).await.unwrap();
    chatwoot.goes_on();
    stage.all_settled().await;
    let handed_over = "select count(*) from redeliveries";
    let mut transaction = stage.world.store.worker().await.unwrap();
    let handed_over: i64 =
        sqlx::query_scalar(handed_over).fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(handed_over, 0);
    assert_ne!(there(&chatwoot, &conversation)["status"], "sent");
    let next = stage.write(&chatwoot, &conversation, "Never mind").await;
    stage.reaches(next, "sent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_hand_over_is_taken_back_and_the_message_has_failed_as_before() {
    let (stage, chatwoot, conversation, reply) = waiting_to_be_handed_over().await;
    assert!(stage.cancel(&chatwoot, &conversation, reply).await);
    let shown = stage.shown(reply).await;
    assert_eq!((shown.state, shown.next_attempt_at), (Some(DeliveryState::Failed), None));
    assert!(!stage.cancel(&chatwoot, &conversation, reply).await, "Chatwoot has the message");
    chatwoot.goes_on();
    stage.all_settled().await;
    assert_eq!(there(&chatwoot, &conversation)["status"], "failed");
    assert_eq!(stage.other_attempts(reply).await, Vec::<Option<String>>::new());
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.all_settled().await;
    assert_eq!(there(&chatwoot, &conversation)["status"], "sent");
}

/// Nobody knows whether the channel has it by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_hand_over_that_may_have_happened_is_not_taken_back() {
    let stage = Stage::empty().await;
    stage.worker(&Config { absence_seconds: 3_600, ..config() }).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.undelivered(&chatwoot, &conversation).await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Writes;
        rest.stored_then_cut = Rule::next(1);
        rest.old_retry = true;
    });
    stage.retry(&chatwoot, &conversation, reply).await;
    eventually("it was tried", async || {
        stage.other_attempts(reply).await == [Some("unknown".to_owned())]
    })
    .await;
    assert!(!stage.cancel(&chatwoot, &conversation, reply).await);
}

/// It may have waited for days behind something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_what_was_asked_for_long_ago_is_not_given_up_at_the_first_closed_door() {
    let (stage, chatwoot, conversation, reply) = undelivered().await;
    chatwoot.fails(|rest| rest.unavailable = Rule::next(1));
    let (tenant, actor, trace) = (&chatwoot.account.tenant, &by_ada(), TraceParent::generate());
    let wanted =
        Intervention { tenant, conversation: conversation.id, message: reply, actor, trace };
    let mut transaction = stage.world.store.tenant(tenant).await.unwrap();
    let retried = messages::retry(&mut transaction, &wanted).await.unwrap();
    assert!(matches!(retried, Intervened::Done(_)), "{retried:?}");
    let aged = "update outbox set created_at = now() - interval '2 days'";
    sqlx::query(aged).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.all_settled().await;
    assert_eq!(there(&chatwoot, &conversation)["status"], "sent");
    assert_eq!(stage.shown(reply).await.state, Some(DeliveryState::Sent));
}
