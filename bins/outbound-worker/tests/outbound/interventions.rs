//! People who take replies back, or send them again, while a worker is at work.

use std::time::Duration;

use chatwoot_sim::{Rule, Scope};
use domain::{Actor, DeliveryState, MessageId};
use events::TraceParent;
use futures_util::future::join_all;
use outbound_worker::Config;
use serde_json::json;
use store::messages::{Intervened, Intervention, Step};
use testkit::{eventually, eventually_some, sqlx};

use crate::stage::{Chatwoot, Conversation, Stage, config, config_giving_up};

pub fn by_ada() -> Actor {
    Actor { kind: "member".to_owned(), id: None, name: Some("Ada Example".to_owned()) }
}

impl Stage {
    /// Says whether it could be taken back.
    pub async fn cancel(&self, chatwoot: &Chatwoot, of: &Conversation, message: MessageId) -> bool {
        let (tenant, actor) = (&chatwoot.account.tenant, &by_ada());
        let trace = TraceParent::generate();
        let wanted = Intervention { tenant, conversation: of.id, message, actor, trace };
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let cancelled = store::messages::cancel(&mut transaction, &wanted).await.unwrap();
        store::commit(transaction).await.unwrap();
        assert_ne!(cancelled, Intervened::NoMessage);
        matches!(cancelled, Intervened::Done(_))
    }

    pub async fn retry(&self, chatwoot: &Chatwoot, of: &Conversation, message: MessageId) {
        let (tenant, actor) = (&chatwoot.account.tenant, &by_ada());
        let trace = TraceParent::generate();
        let wanted = Intervention { tenant, conversation: of.id, message, actor, trace };
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let retried = store::messages::retry(&mut transaction, &wanted).await.unwrap();
        store::commit(transaction).await.unwrap();
        assert!(matches!(retried, Intervened::Done(_)), "{retried:?}");
    }

    async fn exists(&self, message: MessageId) -> bool {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query_scalar("select exists (select from messages where id = $1)")
            .bind(message.0)
            .fetch_one(&mut *transaction)
            .await
            .unwrap()
    }
}

/// However long it took to write it down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_does_not_leave_before_the_time_that_is_shown() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let minute = Duration::from_mins(1);
    let reply = stage.write_after(&chatwoot, &conversation, "Hello", minute).await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let kept: (bool, bool) = sqlx::query_as(
        "select o.not_before >= m.outbound_next_at, o.due_at >= o.not_before
         from outbox o join messages m on m.id = o.operation_id where m.id = $1",
    )
    .bind(reply.0)
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(kept, (true, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_is_taken_back_or_sent_and_never_both() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let mut conversations = Vec::new();
    for _ in 0..30 {
        conversations.push(stage.conversation(&chatwoot).await);
    }
    let runs = (0..).zip(&conversations).map(async |(number, conversation)| {
        let reply = stage.write(&chatwoot, conversation, "Oops").await;
        // Some think longer about it than others.
        for _ in 0..number {
            stage.row(reply).await;
        }
        (reply, stage.cancel(&chatwoot, conversation, reply).await)
    });
    let runs = join_all(runs).await;
    stage.all_settled().await;
    for (conversation, (reply, cancelled)) in conversations.iter().zip(runs) {
        let sent = chatwoot.texts(conversation);
        assert_eq!(sent.len(), usize::from(!cancelled), "cancelled: {cancelled}");
        assert_eq!(stage.exists(reply).await, !cancelled);
    }
}

/// The wake-up of what is behind it was spent while it waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_behind_a_reply_that_is_taken_back_goes_out_at_once() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let hour = Duration::from_hours(1);
    let first = stage.write_after(&chatwoot, &conversation, "Too early", hour).await;
    let second = stage.write(&chatwoot, &conversation, "Hello").await;
    eventually("its wake-up is published", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let published =
            sqlx::query_scalar("select publications > 0 from outbox where operation_id = $1");
        published.bind(second.0).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    stage.is_idle().await;
    // Not even in a minute, when it would be published once more.
    let mut transaction = stage.world.store.worker().await.unwrap();
    store::outbox::published(&mut transaction, &[second.0.into()], hour).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert!(stage.cancel(&chatwoot, &conversation, first).await);
    stage.reaches(second, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// A reply can be given up without anybody knowing whether Chatwoot has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_failed_reply_that_is_sent_again_is_looked_up_first() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let operation = reply.0.into();
    let step = Step {
        state: DeliveryState::Failed,
        reason: None,
        attempts: None,
        most_attempts: None,
        next_in: None,
    };
    assert!(store::outbox::settle(&mut transaction, operation).await.unwrap());
    assert!(store::messages::advance(&mut transaction, operation, step).await.unwrap());
    store::commit(transaction).await.unwrap();
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.worker(&config()).await;
    // The wake-ups that the dead worker held come again in half a minute; a new one comes at once.
    let next = stage.write(&chatwoot, &conversation, "Hello?").await;
    for reply in [reply, next] {
        stage.reaches(reply, "sent").await;
    }
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Hello?"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// Nobody can say whether it is there: it does not hold up the others for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_cannot_be_looked_for_fails_in_the_end_and_lets_the_next_one_pass() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let next = stage.write(&chatwoot, &conversation, "Are you there?").await;
    let worker = stage.worker_without_answer(&chatwoot).await;
    stage.kill_without_answer(worker, &chatwoot, &conversation).await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Reads;
        rest.unavailable = Rule::ALWAYS;
    });
    stage.worker(&Config { unseen_minutes: 0, ..config() }).await;
    let reason = stage.reaches(reply, "failed").await.reason.unwrap();
    assert!(reason.contains("look there before sending it again"), "{reason}");
    stage.reaches(next, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Are you there?"]);

    chatwoot.goes_on();
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Are you there?"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_reply_that_is_sent_again_gets_as_many_tries_as_before() {
    let stage = Stage::empty().await;
    stage.worker(&Config { outbound_attempts: 1, ..config_giving_up() }).await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    chatwoot.fails_to_create(|rest| rest.rate_limited = Rule::next(1));
    let first = stage.write(&chatwoot, &conversation, "one").await;
    stage.reaches(first, "failed").await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    stage.reaches(second, "sent").await;
    stage.retry(&chatwoot, &conversation, first).await;
    stage.reaches(first, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["two", "one"]);
    let outcomes = stage.attempts(first.0).await;
    assert_eq!(outcomes, [Some("failed".to_owned()), Some("done".to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_the_how_manyth_try_of_how_many_it_is() {
    let stage = Stage::empty().await;
    stage.worker(&Config { outbound_attempts: 3, ..config() }).await;
    let chatwoot = stage.chatwoot_with_token("acme", "no-longer-valid").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "one").await;
    stage.reaches(reply, "failed").await;
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "failed").await;
    let tries = eventually_some("the end is told", || async {
        let told = stage.announced(&chatwoot.account.tenant).await;
        // What a person did is told late here, with the message as it is by then.
        let told = told.into_iter().filter(|told| told.activity.kind == "message_state_changed");
        let messages: Vec<_> = told.filter_map(|told| told.subject.message).collect();
        let last = messages.last()?;
        let ended = last.state == Some(DeliveryState::Failed) && last.attempts == 6;
        let waits = |state: &_| *state == Some(DeliveryState::Retrying);
        let waiting = messages.into_iter().filter(|message| waits(&message.state));
        let tries = waiting.map(|message| (message.attempts, message.max_attempts));
        ended.then(|| tries.collect::<Vec<_>>())
    })
    .await;
    let told = [(1, 3), (2, 3), (4, 6), (5, 6)].map(|(made, most)| (made, Some(most)));
    assert_eq!(tries, told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_waits_to_be_retried_goes_out_at_once_when_asked() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let hour = Duration::from_hours(1);
    let reply = stage.write_after(&chatwoot, &conversation, "Hello", hour).await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let next_in = Some(hour);
    let step = Step {
        state: DeliveryState::Retrying,
        reason: None,
        attempts: None,
        most_attempts: None,
        next_in,
    };
    assert!(store::messages::advance(&mut transaction, reply.0.into(), step).await.unwrap());
    store::commit(transaction).await.unwrap();
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_of_unknown_outcome_is_looked_for_at_once_when_asked() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    // The next look would be made in an hour.
    let mut transaction = stage.world.store.worker().await.unwrap();
    let (operation, hour) = (reply.0.into(), Duration::from_hours(1));
    let step = Step {
        state: DeliveryState::Unknown,
        reason: None,
        attempts: None,
        most_attempts: None,
        next_in: Some(hour),
    };
    assert!(store::messages::advance(&mut transaction, operation, step).await.unwrap());
    store::outbox::postpone(&mut transaction, operation, hour).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.worker(&config()).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"], "found, and not sent again");
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// A change has nothing of its own that could be pressed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_behind_a_change_that_waits_to_be_retried_goes_out_at_once_when_asked() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(|rest| rest.unavailable = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    let labels = json!({ "labels": ["late"] });
    let change = stage.ask(&chatwoot, &conversation, "set_labels", &labels).await;
    stage.worker(&Config { outbound_retry_first_ms: 600_000, ..config() }).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    eventually("the change waits", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let head = store::outbox::head(&mut transaction, conversation.id).await.unwrap().unwrap();
        (head.operation, head.attempts, head.due_in.is_zero()) == (change, 1, false)
    })
    .await;
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.reaches(reply, "sent").await;
    let there = chatwoot.sim().conversation(1, conversation.number).unwrap();
    assert_eq!(there["labels"], json!(["late"]));
    stage.all_settled().await;
}

/// Its echo was applied while a worker had its row, so that nobody ended its wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_chatwoot_is_known_to_have_holds_up_nobody() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    chatwoot.fails(|rest| {
        rest.scope = Scope::Reads;
        rest.unavailable = Rule::ALWAYS;
    });
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let stored = messages.last().unwrap()["id"].as_i64().unwrap();
    let mut transaction = stage.world.store.worker().await.unwrap();
    let (operation, hour) = (reply.0.into(), Duration::from_hours(1));
    store::outbox::postpone(&mut transaction, operation, hour).await.unwrap();
    let account = chatwoot.account.key;
    store::messages::link(&mut transaction, account, reply, stored).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    let next = stage.write(&chatwoot, &conversation, "Are you there?").await;
    stage.reaches(next, "sent").await;
    assert_eq!(stage.row(reply).await.state, "sent");
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Are you there?"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
    stage.all_settled().await;
}
