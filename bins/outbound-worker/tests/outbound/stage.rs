//! What all tests need: servers, workers, Chatwoots with accounts, and people who write.

mod chatwoot;
mod doomed;
mod waits;

use std::time::Duration;

use chatwoot_sim::{ADMIN_TOKEN, Options, Sim, admin_token};
use domain::command::MarkRead;
use domain::{Actor, Command, ConversationId, MessageId, OperationId, TenantId, Upload};
use events::{Announcement, TraceParent};
use outbound_worker::{Config, OutboundWorker};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use service::Health;
use store::messages::{Composed, Composition};
use store::outbox::Enqueue;
use store::uploads::{self, Received};
use testkit::{Postgres, World, sqlx};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use chatwoot::{Chatwoot, Fault};

pub const SECRET: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

pub struct Stage {
    pub world: World,
    pub shutdown: CancellationToken,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Waits that suit a test. A Chatwoot that answers has as long for it as a busy machine may take.
pub fn config() -> Config {
    Config {
        outbound_retry_first_ms: 50,
        outbound_retry_longest_seconds: 1,
        absence_seconds: 2,
        chatwoot_timeout_seconds: 30,
        chatwoot_requests_per_minute: 1_000_000,
        chatwoot_failures: 1_000,
        ..Config::with(SECRET.into())
    }
}

/// The same; what cannot be reached fails when it was tried as often as anything else.
pub fn config_giving_up() -> Config {
    Config { outbound_give_up_seconds: 0, ..config() }
}

/// [`config`] for a Chatwoot that does not answer, with less patience than [`Chatwoot::fails_to_create`] needs. One that
/// does answer has time for it all the same.
pub fn config_impatient() -> Config {
    Config { absence_seconds: 8, chatwoot_timeout_seconds: 6, ..config() }
}

impl Stage {
    /// Servers, and nobody who works.
    pub async fn empty() -> Self {
        Self { world: World::start().await, shutdown: CancellationToken::new() }
    }

    /// The same with a Postgres of its own.
    pub async fn alone() -> (Self, Postgres) {
        let (postgres, config) = testkit::postgres().await;
        let world = World::over(std::future::ready(config)).await;
        (Self { world, shutdown: CancellationToken::new() }, postgres)
    }

    /// What programs are told of the servers.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.world.store_config.database_url.expose_secret().to_owned()),
            ("NATS_URL", self.world.bus_config.nats_url.expose_secret().to_owned()),
            ("AXIS_SECRET_KEY", SECRET.to_owned()),
        ]
    }

    /// Servers and a worker.
    pub async fn start() -> Self {
        let stage = Self::empty().await;
        stage.worker(&config()).await;
        stage
    }

    /// One more worker. Ending its task is as killing its process.
    pub async fn worker(&self, config: &Config) -> JoinHandle<anyhow::Result<()>> {
        self.worker_locking(config, &self.world.store_config).await
    }

    /// The same, whose locks are those of this database.
    pub async fn worker_locking(
        &self,
        config: &Config,
        locks: &store::Config,
    ) -> JoinHandle<anyhow::Result<()>> {
        let locks = config.locks(locks).unwrap();
        let (store, bus) = (self.world.store.clone(), self.world.bus.clone());
        let (objects, health) = (self.world.objects.clone(), Health::default());
        let worker = OutboundWorker::start(config, store, locks, bus, objects, &health).await;
        let worker = worker.unwrap();
        tokio::spawn(worker.run(self.shutdown.clone()))
    }

    /// A Chatwoot of one's own, and its account 1 as a tenant's.
    pub async fn chatwoot(&self, tenant: &str) -> Chatwoot {
        self.chatwoot_with_token(tenant, ADMIN_TOKEN).await
    }

    pub async fn chatwoot_with_token(&self, tenant: &str, token: &str) -> Chatwoot {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = Sim::start(Options::default(), listener, self.shutdown.clone()).await;
        let running = running.unwrap();
        let url = running.url();
        let account = testkit::account(&self.world.store, tenant, 1, &url, token).await;
        Chatwoot { sim: running.sim, url, account }
    }

    /// Another account of the same installation, as another tenant's.
    pub async fn neighbour(&self, of: &Chatwoot, tenant: &str) -> Chatwoot {
        let number = of.sim.create_account(None, tenant).unwrap();
        let (store, token) = (&self.world.store, admin_token(number));
        let account = testkit::account(store, tenant, number, &of.url, &token).await;
        Chatwoot { sim: of.sim.clone(), url: of.url.clone(), account }
    }

    /// A customer's conversation, here and there.
    pub async fn conversation(&self, chatwoot: &Chatwoot) -> Conversation {
        let number = chatwoot.start_conversation("Where is my parcel?");
        let account = &chatwoot.account;
        let id = ConversationId::of(account.key, number, None);
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query(
            "insert into conversations (id, tenant_id, account_id, display_id, version_at,
               version_step, version_digest, status, created_at, last_activity_at)
             values ($1, $2, $3, $4, 0, 0, 0, 'open', now(), now())",
        )
        .bind(id.0)
        .bind(account.tenant.as_str())
        .bind(account.key.0)
        .bind(number)
        .execute(&mut *transaction)
        .await
        .unwrap();
        store::commit(transaction).await.unwrap();
        Conversation { id, number }
    }

    /// The customer writes, there and, as if the webhook had been applied, here; gives back the
    /// message's number.
    pub async fn customer_writes(
        &self,
        chatwoot: &Chatwoot,
        conversation: &Conversation,
        text: &str,
    ) -> i64 {
        let account = &chatwoot.account;
        let number = chatwoot.sim().customer_writes(account.number, conversation.number, text);
        let number = number.unwrap();
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query(
            "insert into messages (id, tenant_id, account_id, conversation_id, chatwoot_id,
               message_type, content_type, content, private, created_at)
             values ($1, $2, $3, $4, $5, 'incoming', 'text', $6, false, now())",
        )
        .bind(MessageId::of(account.key, number, None).0)
        .bind(account.tenant.as_str())
        .bind(account.key.0)
        .bind(conversation.id.0)
        .bind(number)
        .bind(text)
        .execute(&mut *transaction)
        .await
        .unwrap();
        store::commit(transaction).await.unwrap();
        number
    }

    /// An agent writes.
    pub async fn write(&self, chatwoot: &Chatwoot, to: &Conversation, text: &str) -> MessageId {
        self.write_after(chatwoot, to, text, Duration::ZERO).await
    }

    pub async fn write_after(
        &self,
        chatwoot: &Chatwoot,
        to: &Conversation,
        text: &str,
        due_in: Duration,
    ) -> MessageId {
        self.compose(chatwoot, to, &Self::author(), text, &[], due_in).await
    }

    /// A person of the tenant writes, who has a name here.
    pub async fn write_as(
        &self,
        member: &str,
        chatwoot: &Chatwoot,
        to: &Conversation,
        text: &str,
    ) -> MessageId {
        let author = Actor { id: Some(member.to_owned()), ..Self::author() };
        self.compose(chatwoot, to, &author, text, &[], Duration::ZERO).await
    }

    /// An agent writes and attaches files: name, type and content of each.
    pub async fn write_files(
        &self,
        chatwoot: &Chatwoot,
        to: &Conversation,
        text: &str,
        files: &[(&str, &str, &[u8])],
    ) -> MessageId {
        let mut received = Vec::new();
        for file in files {
            received.push(self.receive(chatwoot, *file).await);
        }
        self.compose(chatwoot, to, &Self::author(), text, &received, Duration::ZERO).await
    }

    /// A file that is no message's yet.
    pub async fn receive(
        &self,
        chatwoot: &Chatwoot,
        (name, kind, content): (&str, &str, &[u8]),
    ) -> Received {
        let tenant = &chatwoot.account.tenant;
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let upload = uploads::begin(&mut transaction, tenant, name, kind).await.unwrap();
        store::commit(transaction).await.unwrap();
        let mut writer = self.world.objects.write(&upload.key);
        writer.put(content.to_vec().into()).await.unwrap();
        writer.finish().await.unwrap();
        let file_size = i64::try_from(content.len()).unwrap();
        Received { upload: Upload { file_size, ..upload }, digest: content[..1].to_vec() }
    }

    /// Where files are, as rows tell.
    pub async fn keys(&self) -> Vec<String> {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query_scalar("select object_key from uploads order by created_at, position")
            .fetch_all(&mut *transaction)
            .await
            .unwrap()
    }

    pub fn author() -> Actor {
        Actor { kind: "member".to_owned(), id: None, name: Some("Ada Example".to_owned()) }
    }

    async fn compose(
        &self,
        chatwoot: &Chatwoot,
        to: &Conversation,
        author: &Actor,
        text: &str,
        files: &[Received],
        due_in: Duration,
    ) -> MessageId {
        let composition = Composition {
            tenant: &chatwoot.account.tenant,
            conversation: to.id,
            content: text,
            private: false,
            files,
            in_reply_to: None,
            client_id: None,
            author,
            due_in,
            trace: TraceParent::generate(),
        };
        let tenant = &chatwoot.account.tenant;
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let composed = store::messages::compose(&mut transaction, &composition).await.unwrap();
        store::commit(transaction).await.unwrap();
        let Composed::Queued { message, .. } = composed else { unreachable!("{composed:?}") };
        message.id
    }

    /// An agent does something else; the row is as any program may have written it.
    pub async fn ask(
        &self,
        chatwoot: &Chatwoot,
        to: &Conversation,
        command: &str,
        payload: &Value,
    ) -> OperationId {
        let operation = OperationId::generate();
        let wanted = Enqueue {
            operation,
            tenant: &chatwoot.account.tenant,
            account: chatwoot.account.key,
            conversation: to.id,
            command: &Command::MarkRead(MarkRead::default()),
            trace: TraceParent::generate(),
            due_in: Duration::ZERO,
        };
        let tenant = &chatwoot.account.tenant;
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        store::outbox::enqueue(&mut transaction, &wanted).await.unwrap();
        sqlx::query("update outbox set command = $2, payload = $3 where operation_id = $1")
            .bind(operation.0)
            .bind(command)
            .bind(payload)
            .execute(&mut *transaction)
            .await
            .unwrap();
        store::commit(transaction).await.unwrap();
        operation
    }

    pub async fn row(&self, message: MessageId) -> Row {
        let mut transaction = self.world.store.worker().await.unwrap();
        let (state, reason, chatwoot_id, attempts) = sqlx::query_as(
            "select outbound_state, outbound_reason, chatwoot_id, outbound_attempts
             from messages where id = $1",
        )
        .bind(message.0)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        Row { state, reason, chatwoot_id, attempts }
    }

    pub async fn attempts(&self, operation: Uuid) -> Vec<Option<String>> {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query_scalar(
            "select outcome from outbound_attempts where operation_id = $1 order by attempt",
        )
        .bind(operation)
        .fetch_all(&mut *transaction)
        .await
        .unwrap()
    }

    /// Everything that was announced to a tenant, oldest first.
    pub async fn announced(&self, tenant: &TenantId) -> Vec<Announcement> {
        let (_, last) = self.world.bus.activity_range().await.unwrap();
        let read = self
            .world
            .bus
            .read_activity(tenant, 0, last, bus::Most::messages(1_000))
            .await
            .unwrap();
        assert!(!read.more);
        let told = read.messages.iter();
        let told = told.map(|tailed| serde_json::from_slice(&tailed.payload).unwrap());
        let named = told.inspect(|told: &Announcement| {
            // Whatever is told, it says whom it concerns.
            let about = told.activity.about.as_ref();
            assert!(about.and_then(|about| about.chatwoot_conversation_id).is_some(), "{told:#?}");
        });
        named.collect()
    }

    async fn count(&self, query: &'static str) -> i64 {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut *transaction).await.unwrap()
    }

    /// How many activities are committed and not known to be announced.
    pub async fn unannounced(&self) -> i64 {
        self.count("select count(*) from announcements").await
    }

    pub async fn waiting(&self) -> i64 {
        self.count("select count(*) from outbox").await
    }

    /// How many tries have begun and not ended.
    pub async fn trying(&self) -> i64 {
        self.count("select count(*) from outbound_attempts where outcome is null").await
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub state: String,
    pub reason: Option<String>,
    pub chatwoot_id: Option<i64>,
    pub attempts: i32,
}

pub struct Conversation {
    pub id: ConversationId,
    pub number: i64,
}
