//! A database that is put back to what it was, while what it asked for was carried out since.

use std::time::Duration;

use domain::MessageId;
use events::TraceParent;
use futures_util::future::join_all;
use outbound_worker::OutboundWorker;
use serde_json::Value;
use service::Health;
use store::messages::{Composed, Composition};
use store::{high_water, outbox};
use testkit::{Kept, eventually, sqlx};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::stage::{Chatwoot, Conversation, Stage, config};

type Worker = JoinHandle<anyhow::Result<()>>;

impl Stage {
    /// A worker, and where it says how it is.
    async fn worker_with_health(&self) -> (Worker, String) {
        let (config, health) = (config(), Health::default());
        let locks = config.locks(&self.world.store_config).unwrap();
        let (store, bus) = (self.world.store.clone(), self.world.bus.clone());
        let objects = self.world.objects.clone();
        let worker = OutboundWorker::start(&config, store, locks, bus, objects, &health).await;
        let worker = tokio::spawn(worker.unwrap().run(self.shutdown.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/health", listener.local_addr().unwrap());
        tokio::spawn(service::serve(listener, service::routes(&health), self.shutdown.clone()));
        (worker, address)
    }

    /// A reply that was sent after a copy of the database was made in which it waits.
    async fn sent_since(&self, chatwoot: &Chatwoot, to: &Conversation) -> (MessageId, Kept) {
        let reply = self.write(chatwoot, to, "Hello").await;
        let copy = self.copy().await;
        let (worker, _) = self.worker_with_health().await;
        self.reaches(reply, "sent").await;
        worker.abort();
        worker.await.unwrap_err();
        (reply, copy)
    }

    /// A reply that a client writes under an id of its own.
    async fn write_under(
        &self,
        client_id: &str,
        chatwoot: &Chatwoot,
        to: &Conversation,
        text: &str,
    ) -> MessageId {
        let (tenant, author) = (&chatwoot.account.tenant, Self::author());
        let composition = Composition {
            tenant,
            conversation: to.id,
            content: text,
            private: false,
            files: &[],
            in_reply_to: None,
            client_id: Some(client_id),
            author: &author,
            due_in: Duration::ZERO,
            trace: TraceParent::generate(),
        };
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let composed = store::messages::compose(&mut transaction, &composition).await.unwrap();
        store::commit(transaction).await.unwrap();
        let Composed::Queued { message, .. } = composed else { unreachable!("{composed:?}") };
        message.id
    }

    /// Puts the database back to what it was. The connections that this closes work again once they were tried.
    async fn restore(&self, copy: &Kept) {
        testkit::restore(copy).await;
        self.reconnect().await;
    }

    /// A copy of the database, which closes the connections to it too.
    async fn copy(&self) -> Kept {
        let copy = testkit::keep(&self.world.store_config).await;
        self.reconnect().await;
        copy
    }

    async fn reconnect(&self) {
        eventually("no connection is closed any more", || async {
            let all = join_all((0..10).map(|_| self.world.store.worker())).await;
            all.iter().all(Result::is_ok)
        })
        .await;
    }

    /// What an operator does by `axis db restored`.
    async fn confirm(&self) -> u64 {
        let mark = self.world.bus.high_water().read().await.unwrap();
        let mut transaction = self.world.store.worker().await.unwrap();
        let doubted = outbox::doubt_all(&mut transaction).await.unwrap();
        high_water::confirm(&mut transaction, mark.number).await.unwrap();
        store::commit(transaction).await.unwrap();
        doubted
    }
}

async fn is_outdated(health: &str) -> bool {
    let answer = testkit::http().get(health).send().await.unwrap();
    let report: Value = answer.json().await.unwrap();
    report["checks"]["database copy"]["status"] == "down"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_restored_database_sends_nothing_until_an_operator_confirms_and_then_looks_first() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let (reply, copy) = stage.sent_since(&chatwoot, &conversation).await;
    stage.restore(&copy).await;

    let (_worker, health) = stage.worker_with_health().await;
    assert!(is_outdated(&health).await);
    let later = stage.write(&chatwoot, &conversation, "Still there?").await;
    assert_eq!(stage.confirm().await, 2);
    for reply in [reply, later] {
        stage.reaches(reply, "sent").await;
    }
    assert!(!is_outdated(&health).await);
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Still there?"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())], "it was found");
    stage.all_settled().await;
}

/// A deleted message has lost its marker, and is known by the time at which a try may have written it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_a_restored_database_was_in_doubt_about_is_known_when_it_was_deleted() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let mut replies = Vec::new();
    for _ in 0..2 {
        let conversation = stage.conversation(&chatwoot).await;
        let reply = stage.write(&chatwoot, &conversation, "Hello").await;
        stage.try_of_a_dead_worker(&conversation).await;
        replies.push((reply, conversation));
    }
    stage.seven_hours_pass_since_all_tries().await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let looked = "update outbound_attempts set outcome = 'absent' where operation_id = $1";
    sqlx::query(looked).bind(replies[0].0.0).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let copy = stage.copy().await;
    let (worker, _) = stage.worker_with_health().await;
    for (reply, conversation) in &replies {
        let number = stage.reaches(*reply, "sent").await.chatwoot_id.unwrap();
        chatwoot.sim().delete_message(1, conversation.number, number).unwrap();
    }
    worker.abort();
    worker.await.unwrap_err();
    stage.restore(&copy).await;

    assert_eq!(stage.confirm().await, 2);
    stage.worker_with_health().await;
    for (reply, conversation) in &replies {
        stage.reaches(*reply, "sent").await;
        assert_eq!(chatwoot.texts(conversation).len(), 1, "it is there once, deleted");
        assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())], "it was found");
    }
}

/// The operator may confirm the copy while a worker is still about to note that it held the reply back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_an_older_copy_held_back_is_looked_up_before_it_is_sent() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let first = stage.write(&chatwoot, &conversation, "Hello").await;
    let second = stage.write(&chatwoot, &conversation, "Still there?").await;
    chatwoot.stalls();
    stage.worker(&config()).await;
    let high_water = stage.world.bus.high_water();
    eventually("the first is on its way", || async {
        high_water.read().await.unwrap().number == 1
    })
    .await;
    let mark = high_water.read().await.unwrap();
    high_water.raise(mark, 100).await.unwrap().unwrap();
    chatwoot.goes_on();
    stage.reaches(first, "sent").await;
    eventually("the second is held back", || async {
        stage.attempts(second.0).await.first().is_some_and(Option::is_some)
    })
    .await;
    assert_eq!(stage.attempts(second.0).await, [Some("unknown".to_owned())]);
    assert_eq!(stage.confirm().await, 1);
    stage.reaches(second, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello", "Still there?"]);
}

/// As what was approved, or sent by a client that had no answer: it is asked for again before anything has told the
/// copy of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_a_copy_never_had_is_looked_up_when_it_is_written_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let copy = stage.copy().await;
    let reply = stage.write_under("c1", &chatwoot, &conversation, "Hello").await;
    let (worker, _) = stage.worker_with_health().await;
    stage.reaches(reply, "sent").await;
    worker.abort();
    worker.await.unwrap_err();
    stage.restore(&copy).await;

    assert_eq!(stage.write_under("c1", &chatwoot, &conversation, "Hello").await, reply);
    assert_eq!(stage.confirm().await, 1);
    stage.worker_with_health().await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    stage.all_settled().await;
}

/// The connections break, and that is all that the worker notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_database_restored_under_a_running_worker_sends_nothing_again() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    let copy = stage.copy().await;
    let (_worker, health) = stage.worker_with_health().await;
    stage.reaches(reply, "sent").await;
    stage.restore(&copy).await;
    eventually("the worker has noticed", || is_outdated(&health)).await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    stage.confirm().await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}

/// Neither a new database nor NATS without its files holds anybody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_emptied_on_purpose_begins_anew() {
    let stage = Stage::empty().await;
    let new = stage.copy().await;
    let streams = stage.world.keep_streams().await;
    let sends = async |tenant: &str, text: &str| {
        let chatwoot = stage.chatwoot(tenant).await;
        let conversation = stage.conversation(&chatwoot).await;
        let (worker, health) = stage.worker_with_health().await;
        assert!(!is_outdated(&health).await);
        let reply = stage.write(&chatwoot, &conversation, text).await;
        stage.reaches(reply, "sent").await;
        worker.abort();
        worker.await.unwrap_err();
    };
    sends("acme", "before").await;
    stage.restore(&new).await;
    sends("other", "with an empty database").await;
    let known = stage.world.bus.high_water().read().await.unwrap().number;
    assert!(known >= 2, "{known}");
    stage.world.lose_streams_since(&streams).await;
    sends("third", "with an empty NATS").await;
}

/// What is carried out at the same time, by several workers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_raise_the_mark_past_each_other() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let mut conversations = Vec::new();
    for _ in 0..8 {
        let conversation = stage.conversation(&chatwoot).await;
        stage.write(&chatwoot, &conversation, "Hello").await;
        conversations.push(conversation);
    }
    for _ in 0..3 {
        stage.worker(&config()).await;
    }
    stage.all_settled().await;
    for conversation in &conversations {
        assert_eq!(chatwoot.texts(conversation), ["Hello"]);
    }
    let mut transaction = stage.world.store.worker().await.unwrap();
    let number = high_water::number(&mut transaction).await.unwrap();
    let known = stage.world.bus.high_water().read().await.unwrap().number;
    assert!(known > 0 && number >= known, "{number} here, {known} there");
}
