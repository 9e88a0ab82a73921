//! A Chatwoot, its webhooks, and a worker behind them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use chatwoot::client::NewMessage;
use chatwoot_sim::{DeliveryOptions, Faults, Options, Rule, Running, Sim};
use domain::{Actor, ConversationId, MessageId, OperationId};
use events::TraceParent;
use serde_json::Value;
use store::conversations::{Asking, Wanted};
use store::messages::{Composed, Composition};
use store::reconciliations::{Reconciliation, Tally};
use sync_worker::reconcile::{self, Backfill, Speed};
use sync_worker::{Config, SyncWorker};
use testkit::sqlx::{self, Row as _};
use testkit::{Account, World, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{connect, count, execute, inbound, truth};

pub const FAST: Speed = Speed { per_second: 10_000, concurrency: 8 };
/// After so many failures in a row a walk gets nowhere.
const TRIES: u32 = 4;

/// A Chatwoot whose webhooks go straight to the stream, and a worker behind it.
pub struct Stage {
    pub world: World,
    pub chatwoot: Running,
    pub account: Account,
    worker: JoinHandle<anyhow::Result<()>>,
    pub shutdown: CancellationToken,
}

impl Stage {
    pub async fn set(options: Options, comparing: bool) -> Self {
        // On a busy machine too, all that is sent arrives.
        let delivery = DeliveryOptions { timeout: Duration::from_secs(30), ..options.delivery };
        let options = Options { delivery, ..options };
        let world = World::start().await;
        let shutdown = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chatwoot = Sim::start(options, listener, shutdown.clone()).await.unwrap();
        let token = chatwoot_sim::ADMIN_TOKEN;
        let account = testkit::account(&world.store, "acme", 1, &chatwoot.url(), token).await;
        let (store, bus) = (world.store.clone(), world.bus.clone());
        let health = service::Health::default();
        let mut worker = SyncWorker::start(&Config::default(), store, bus, &health).await.unwrap();
        if comparing {
            let config = reconcile::Config { reconcile_period_seconds: 1, ..config() };
            worker = worker.reconciling(config).unwrap();
        }
        let worker = tokio::spawn(worker.run(shutdown.clone()));
        let stage = Self { world, chatwoot, account, worker, shutdown };
        stage.receive().await;
        stage
    }

    /// One with so many conversations of which no webhook tells.
    pub async fn untold(conversations: usize) -> (Self, Vec<i64>) {
        let stage = Self::set(Options::default(), false).await;
        stage.lose_webhooks();
        let sim = stage.chatwoot.sim.clone();
        let begin = |_| sim.start_conversation(1, "hello").unwrap().0;
        (stage, (0..conversations).map(begin).collect())
    }

    /// From now on no webhook arrives, and nothing else goes wrong.
    pub fn lose_webhooks(&self) {
        let mut faults = Faults::default();
        faults.webhooks.drop = Rule::ALWAYS;
        self.chatwoot.sim.set_faults(faults).unwrap();
    }

    /// A receiver that publishes every body.
    async fn receive(&self) {
        let (bus, account) = (self.world.bus.clone(), self.account.clone());
        let number = Arc::new(AtomicU64::new(0));
        let receiver = axum::Router::new().fallback(async move |body: String| {
            let event = inbound(&account, &body, number.fetch_add(1, Ordering::Relaxed));
            bus.publisher().publish(event.envelope(body.into_bytes())).await.unwrap();
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, receiver).await });
        self.chatwoot.sim.register_webhook(1, &url, &[]).unwrap();
    }

    /// From now on questions to Chatwoot come by a proxy, which may answer them or change them.
    pub async fn behind(
        &self,
        proxy: impl Fn(&mut Request) -> Option<Response> + Clone + Send + Sync + 'static,
    ) {
        let pass = move |mut request: Request, next: Next| {
            let answer = proxy(&mut request);
            async move {
                match answer {
                    Some(answer) => answer,
                    None => next.run(request).await,
                }
            }
        };
        self.move_behind(self.chatwoot.sim.router().layer(axum::middleware::from_fn(pass))).await;
    }

    /// From now on answers to questions come by a proxy, which changes their bodies.
    pub async fn behind_answers(
        &self,
        change: impl Fn(String) -> String + Clone + Send + Sync + 'static,
    ) {
        let pass = move |request: Request, next: Next| {
            let change = change.clone();
            async move {
                let (mut head, body) = next.run(request).await.into_parts();
                head.headers.remove(header::CONTENT_LENGTH);
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let body = change(String::from_utf8(body.into()).unwrap());
                Response::from_parts(head, axum::body::Body::from(body))
            }
        };
        self.move_behind(self.chatwoot.sim.router().layer(axum::middleware::from_fn(pass))).await;
    }

    async fn move_behind(&self, router: axum::Router) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let move_there = format!("update chatwoot_accounts set base_url = '{url}'");
        execute(&self.world.store_config, &move_there).await;
    }

    pub fn backfill(&self) -> Backfill {
        let (store, bus) = (self.world.store.clone(), self.world.bus.clone());
        Backfill::new(config(), testkit::secret_key(), store, bus)
    }

    /// Compares everything, and waits until it is applied. Gives back what was found.
    pub async fn everything(&self) -> Tally {
        self.compared(true).await
    }

    pub async fn lately(&self) -> Tally {
        self.compared(false).await
    }

    async fn compared(&self, everything: bool) -> Tally {
        let (backfill, account) = (self.backfill(), self.account.key);
        let enough = self.shutdown.child_token();
        let told = |at: &reconcile::Reached| {
            if at.progress.failures > TRIES {
                enough.cancel();
            }
        };
        let reached = if everything {
            backfill.everything(account, FAST, true, &enough, told).await
        } else {
            backfill.lately(account, FAST, &enough, told).await
        };
        let reached = reached.unwrap();
        assert!(reached.complete, "{reached:?}");
        self.settled().await;
        reached.found
    }

    pub async fn settled(&self) {
        self.chatwoot.sim.settled().await;
        let last = self.last_sequence().await;
        let processed = format!("webhook_events where stream_sequence = {last}");
        eventually("everything in the stream is processed", async || {
            last == 0 || count(&self.world.store_config, &processed).await > 0
        })
        .await;
        eventually("nothing is in hand", async || {
            let stream = self.world.bus.stream("INBOUND").await.unwrap();
            stream.consumers.iter().all(|one| (one.pending, one.ack_pending) == (0, 0))
        })
        .await;
    }

    pub async fn last_sequence(&self) -> u64 {
        self.world.bus.stream("INBOUND").await.unwrap().last_sequence
    }

    pub async fn status(&self) -> Reconciliation {
        let mut transaction = self.world.store.worker().await.unwrap();
        store::reconciliations::list(&mut transaction).await.unwrap().remove(0)
    }

    pub async fn rows(&self, query: &'static str) -> Vec<Value> {
        let mut connection = connect(&self.world.store_config).await;
        let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many rows do not show what Chatwoot has.
    pub async fn differing(&self) -> usize {
        let conversations = self.rows("select to_jsonb(c) from conversations c").await;
        let messages = self.rows("select to_jsonb(m) from messages m").await;
        let contacts = self.rows("select to_jsonb(k) from contacts k").await;
        let conversations = Numbered::by("display_id", conversations);
        let messages = Numbered::by("chatwoot_id", messages);
        let contacts = Numbered::by("chatwoot_id", contacts);
        let has = self.chatwoot.sim.state();
        let mut differing = 0;
        for conversation in has["accounts"][0]["conversations"].as_array().unwrap() {
            let row = conversations.row(&conversation["id"]);
            let otherwise = truth::otherwise(row, &truth::conversation(conversation));
            differing += usize::from(!otherwise.is_empty());
            let person = &conversation["meta"]["sender"];
            let otherwise = truth::otherwise(contacts.row(&person["id"]), &truth::contact(person));
            differing += usize::from(!otherwise.is_empty());
            for message in conversation["messages"].as_array().unwrap() {
                if message["message_type"] == 2 {
                    continue;
                }
                let row = messages.row(&message["id"]);
                let otherwise = truth::otherwise(row, &truth::message(message));
                let same = otherwise.is_empty() && truth::shows_delivery(row, message);
                differing += usize::from(!same);
            }
        }
        differing
    }

    /// A colleague answers here; nothing carries it to Chatwoot.
    pub async fn reply(&self, conversation: i64, text: &str) -> MessageId {
        let author = Actor { kind: "member".to_owned(), id: None, name: None };
        let tenant = &self.account.tenant;
        let composition = Composition {
            tenant,
            conversation: ConversationId(self.id_of(conversation).await),
            content: text,
            private: false,
            files: &[],
            in_reply_to: None,
            client_id: None,
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

    async fn id_of(&self, conversation: i64) -> uuid::Uuid {
        let mut connection = connect(&self.world.store_config).await;
        sqlx::query_scalar("select id from conversations where display_id = $1")
            .bind(conversation)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    /// Chatwoot takes a reply that bears our marker, and gives it a number.
    pub async fn send(&self, conversation: i64, text: &str, reply: MessageId) -> i64 {
        let new = NewMessage {
            content: text.to_owned(),
            marker: Some(reply.to_string()),
            ..NewMessage::default()
        };
        self.client().create_message(conversation, &new).await.unwrap().id
    }

    /// Calls Chatwoot as an outbound worker does.
    pub fn client(&self) -> chatwoot::Client {
        let options = chatwoot::client::Options::default();
        let token = chatwoot_sim::ADMIN_TOKEN.into();
        chatwoot::Client::new(&self.chatwoot.url(), 1, &token, &options).unwrap()
    }

    /// A colleague gives a conversation a priority here; nothing carries it to Chatwoot.
    pub async fn prioritize(&self, conversation: i64, priority: &str) -> OperationId {
        let actor = Actor { kind: "member".to_owned(), id: None, name: None };
        let (tenant, trace) = (&self.account.tenant, TraceParent::generate());
        let conversation = ConversationId(self.id_of(conversation).await);
        let asking = Asking { tenant, conversation, actor: &actor, trace };
        let wanted = Wanted { priority: Some(Some(priority.to_owned())), ..Wanted::default() };
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let account = self.account.key;
        let lines = store::conversations::change(&mut transaction, &asking, account, wanted).await;
        store::commit(transaction).await.unwrap();
        lines.unwrap()[0].data.get("operationId").unwrap()
    }

    /// Nobody knows what came of the only try at a conversation's first command, and for an hour nobody asks.
    pub async fn lose_the_outcome(&self, conversation: i64) {
        let conversation = ConversationId(self.id_of(conversation).await);
        let mut transaction = self.world.store.worker().await.unwrap();
        let entry = store::outbox::head(&mut transaction, conversation).await.unwrap().unwrap();
        let operation = entry.operation;
        store::outbox::count_attempt(&mut transaction, operation).await.unwrap().unwrap();
        store::attempts::begin(&mut transaction, &entry, 0, 0).await.unwrap().unwrap();
        let hour = Duration::from_hours(1);
        store::outbox::postpone(&mut transaction, operation, hour).await.unwrap();
        store::commit(transaction).await.unwrap();
    }

    /// The commands that wait for nothing, as the relay takes them.
    pub async fn due(&self) -> Vec<OperationId> {
        let mut transaction = self.world.store.worker().await.unwrap();
        let due = store::outbox::take_due(&mut transaction, 10, 10).await.unwrap();
        // Whoever looks next would pass over what is locked yet.
        store::rollback(transaction).await.unwrap();
        due.iter().map(|(command, _)| command.operation).collect()
    }

    pub async fn end(self) {
        self.shutdown.cancel();
        self.worker.await.unwrap().unwrap();
    }
}

/// Rows by their numbers in Chatwoot.
struct Numbered(HashMap<i64, Value>);

impl Numbered {
    fn by(column: &str, rows: Vec<Value>) -> Self {
        Self(rows.into_iter().filter_map(|row| Some((row[column].as_i64()?, row))).collect())
    }

    fn row(&self, number: &Value) -> &Value {
        number.as_i64().and_then(|number| self.0.get(&number)).unwrap_or(&Value::Null)
    }
}

pub fn config() -> reconcile::Config {
    reconcile::Config {
        reconcile_grace_seconds: 0,
        reconcile_requests_per_second: 1_000,
        ..reconcile::Config::with(testkit::SECRET_KEY.into())
    }
}
