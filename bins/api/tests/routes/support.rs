//! A served API and rows to ask for.

mod seed;
mod stream;
pub mod written;

use api::{Api, Config, Files, FilesConfig};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{ConversationId, EventId, Permissions, Token, TokenKind};
use events::{DeadLetter, Inbound, TraceParent};
use objects::Objects;
use serde_json::{Value, json};
use store::Store;
use store::api_keys::NewApiKey;
use testkit::reqwest::multipart::{Form, Part};
use testkit::reqwest::{Client, RequestBuilder, Response};
use testkit::{Account, World, eventually, sqlx};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use seed::Seed;
pub use stream::Stream;

pub const TENANT: &str = "mock-tenant-id";

/// A running API with everything around it. Dropping it stops the API.
pub struct Served {
    pub world: World,
    pub ours: Account,
    pub http: Client,
    pub base: String,
    pub shutdown: CancellationToken,
    #[expect(dead_code, reason = "stops the API when dropped")]
    guard: DropGuard,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        Self::start_with(&config, &FilesConfig::default()).await
    }

    pub async fn with_files(files: FilesConfig) -> Self {
        Self::start_with(&Config::default(), &files).await
    }

    async fn start_with(config: &Config, files: &FilesConfig) -> Self {
        Self::start_in(World::start().await, config, files).await
    }

    /// Over servers that the test has prepared.
    pub async fn over(world: World) -> Self {
        Self::start_in(world, &Config::default(), &FilesConfig::default()).await
    }

    async fn start_in(world: World, config: &Config, files: &FilesConfig) -> Self {
        let ours = world.account(TENANT, 1).await;
        let (store, bus, objects) = (world.store.clone(), world.bus.clone(), world.objects.clone());
        let files = Files::new(files, objects, Some(testkit::secret_key())).unwrap();
        let (base, shutdown) = serve_with(config, store, bus, files).await;
        let guard = shutdown.clone().drop_guard();
        Self { world, ours, http: testkit::http(), base, shutdown, guard }
    }

    /// Another process of the API over the same servers, in the place of this one.
    pub async fn again(self) -> Self {
        let Self { world, ours, http, shutdown, .. } = self;
        shutdown.cancel();
        let bus = bus::Bus::connect(&world.bus_config, "api").await.unwrap();
        let (store, objects) = (world.store.clone(), world.objects.clone());
        let (base, shutdown) = serve(&Config::default(), store, bus, objects).await;
        let guard = shutdown.clone().drop_guard();
        Self { world, ours, http, base, shutdown, guard }
    }

    /// Another process of the API over the same servers, beside this one: its address, and what stops it when dropped.
    pub async fn beside(&self, config: &Config) -> (String, DropGuard) {
        let World { store, bus, objects, .. } = &self.world;
        let (base, shutdown) = serve(config, store.clone(), bus.clone(), objects.clone()).await;
        (base, shutdown.drop_guard())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth("mock-token")
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth("mock-token").json(body)
    }

    /// A message as a form: fields, and files as (name, type, content).
    pub fn send(
        &self,
        path: &str,
        fields: &[(&'static str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> RequestBuilder {
        let mut form = Form::new();
        for (name, value) in fields {
            form = form.text(*name, (*value).to_owned());
        }
        for (name, kind, content) in files {
            let part = Part::bytes(content.to_vec()).file_name((*name).to_owned());
            form = form.part("attachments[]", part.mime_str(kind).unwrap());
        }
        self.http.post(self.url(path)).bearer_auth("mock-token").multipart(form)
    }

    /// Keys of the files that are kept, and how many rows tell of files.
    pub async fn kept(&self) -> (usize, i64) {
        let mut transaction = self.world.store.worker().await.unwrap();
        let keys: Vec<String> = sqlx::query_scalar("select object_key from uploads")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
        let mut files = 0;
        for key in &keys {
            files += usize::from(self.world.objects.length(key).await.is_ok());
        }
        (files, i64::try_from(keys.len()).unwrap())
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.url(path)).bearer_auth("mock-token")
    }

    pub fn patch(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.patch(self.url(path)).bearer_auth("mock-token").json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.put(self.url(path)).bearer_auth("mock-token").json(body)
    }

    /// What waits to be done in Chatwoot, in its order.
    pub async fn commands(&self) -> Vec<(String, Value)> {
        let mut transaction = self.world.store.worker().await.unwrap();
        sqlx::query_as("select command, payload from outbox order by sequence")
            .fetch_all(&mut *transaction)
            .await
            .unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    /// The body of a good answer.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// The status and code of a refusal.
    pub async fn refusal(&self, path: &str) -> (u16, String) {
        problem(self.get(path).send().await.unwrap()).await
    }

    /// A key of a tenant's, which may do this.
    pub async fn key(&self, tenant: &str, permissions: Permissions) -> String {
        self.new_key(Some(tenant), TokenKind::ApiKey, permissions).await
    }

    /// A key of the installation, which may do this.
    pub async fn installation_key(&self, permissions: Permissions) -> String {
        self.new_key(None, TokenKind::InstallationKey, permissions).await
    }

    /// A key that belongs to whom its beginning says, or pretends to.
    pub async fn new_key(
        &self,
        tenant: Option<&str>,
        kind: TokenKind,
        permissions: Permissions,
    ) -> String {
        let tenant = tenant.map(|tenant| tenant.parse().unwrap());
        let token = Token::generate(kind);
        let key = NewApiKey {
            tenant: tenant.as_ref(),
            name: "a test's",
            digest: token.digest(),
            permissions,
            created_by: "a test",
            expires_at: None,
        };
        let mut transaction = self.world.store.worker().await.unwrap();
        store::api_keys::create(&mut transaction, &key).await.unwrap().unwrap();
        store::commit(transaction).await.unwrap();
        token.expose().to_owned()
    }

    /// Waits until the API follows what happens: whoever opens a stream then only has to be let in.
    pub async fn follows(&self) {
        Stream::open(self, "/activity", None).await.expect("ready").await;
    }

    /// Has what ends at this time end in a few seconds, by a statement that says what that is; gives back when.
    /// Whatever came before may have taken its time.
    pub async fn ends_soon(&self, statement: &'static str, end: DateTime<Utc>) -> DateTime<Utc> {
        let mut transaction = self.world.store.worker().await.unwrap();
        // The schema's owner: no role of ours may change it.
        sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
        let soon = Utc::now() + TimeDelta::seconds(5);
        let change = sqlx::query(statement).bind(end).bind(soon);
        let changed = change.execute(&mut *transaction).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "something ends at {end}");
        store::commit(transaction).await.unwrap();
        soon
    }

    pub async fn write(&self, seed: &Seed) -> ConversationId {
        seed.write(&self.world.store, &self.ours).await
    }
}

/// Serves until the token is cancelled.
pub async fn serve(
    config: &Config,
    store: Store,
    bus: bus::Bus,
    objects: Objects,
) -> (String, CancellationToken) {
    let files = Files::new(&FilesConfig::default(), objects, Some(testkit::secret_key())).unwrap();
    serve_with(config, store, bus, files).await
}

async fn serve_with(
    config: &Config,
    store: Store,
    bus: bus::Bus,
    files: Files,
) -> (String, CancellationToken) {
    let shutdown = CancellationToken::new();
    let health = service::Health::default();
    let api = Api::start(config, store, bus, files, &health, shutdown.clone()).unwrap();
    let listener = service::listen("127.0.0.1", 0).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(api.serve(listener, shutdown.clone()));
    (base, shutdown)
}

pub async fn problem(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["traceId"].as_str().unwrap().len(), 32);
    (status, body["code"].as_str().unwrap().to_owned())
}

/// The ids of a list's rows, in order.
pub fn ids(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The Chatwoot numbers of a list's rows, in order.
pub fn numbers(list: &Value) -> Vec<i64> {
    let rows = list["data"].as_array().unwrap();
    rows.iter().map(|row| row["chatwootId"].as_i64().unwrap()).collect()
}

/// A time of an answer. Its text has as many digits as it needs, so that texts do not compare as times do.
pub fn time(text: &Value) -> DateTime<Utc> {
    text.as_str().unwrap().parse().unwrap()
}

/// Seconds after the beginning of all tests' days.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

/// How many wait for a lock.
pub async fn waiting(store: &Store) -> usize {
    let mut transaction = store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    usize::try_from(waiting).unwrap()
}

/// Waits until another connection to the database waits for what a transaction holds.
pub async fn somebody_waits(served: &Served) {
    eventually("somebody waits for the row", || async { waiting(&served.world.store).await > 0 })
        .await;
}

/// The body of an answer that is good.
pub async fn body(answer: Response) -> Value {
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

/// What the audit has of an action, newest first.
pub async fn audit(served: &Served, action: &str) -> Vec<Value> {
    let list = served.read(&format!("/audit?action={action}")).await;
    list["data"].as_array().unwrap().clone()
}

fn inbound(account: &Account, event: &str) -> Inbound {
    Inbound {
        id: EventId::generate(),
        account: account.key,
        tenant: account.tenant.clone(),
        event: event.to_owned(),
        received_at: Utc::now(),
        delivery: None,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    }
}

/// An event of an account comes in.
pub async fn comes_in(served: &Served, account: &Account, event: &str) {
    let envelope = inbound(account, event).envelope("{}");
    served.world.bus.publisher().publish(envelope).await.unwrap();
}

/// An event of an account that died, with this text in it; gives back its id.
pub async fn dead_letter(served: &Served, account: &Account, text: &str) -> String {
    let body = json!({ "event": "message_created", "id": 901, "content": text }).to_string();
    let envelope = inbound(account, "message_created").envelope(body.clone());
    let letter = DeadLetter {
        stream: "INBOUND".to_owned(),
        subject: envelope.subject,
        // What died once has one place in its stream, by which the bus knows the letter.
        sequence: Utc::now().timestamp_micros().unsigned_abs(),
        consumer: "sync-worker".to_owned(),
        reason: "undecodable".to_owned(),
        detail: format!("invalid input \"{text}\""),
        at: Utc::now(),
    };
    let letter = letter.envelope(&envelope.headers, body);
    let sequence = served.world.bus.publisher().publish(letter).await.unwrap().sequence;
    let stored = served.world.bus.dead_letters().get(sequence).await.unwrap().unwrap();
    let mut bytes = [0; 16];
    let millis = stored.letter.at.timestamp_millis().unsigned_abs();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[8..].copy_from_slice(&sequence.to_be_bytes());
    uuid::Uuid::new_v8(bytes).to_string()
}
