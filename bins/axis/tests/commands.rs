//! The commands against real servers and a stand-in for Chatwoot.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod program;

use chatwoot_sim::{Options, Running, Sim, admin_token, agent_token};
use program::{Answered, axis, folder, run};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use service::Health;
use sync_worker::SyncWorker;
use testkit::sqlx::{self, Connection as _};
use testkit::{World, eventually};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use webhook_receiver::Receiver;

const PUBLIC_URL: &str = "https://axis.example.com";

struct Operator {
    world: World,
    chatwoot: Running,
    key: String,
    stop: CancellationToken,
    _end: DropGuard,
}

impl Operator {
    async fn new() -> Self {
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = Options { accounts: vec![7], ..Options::default() };
        let chatwoot = Sim::start(options, listener, stop.clone()).await.unwrap();
        let key = domain::SecretKey::generate_text();
        let world = World::start().await;
        Self { world, chatwoot, key, stop: stop.clone(), _end: stop.drop_guard() }
    }

    async fn axis(&self, arguments: &[&str]) -> Answered {
        let mut command = axis();
        command
            .args(["--output", "json"])
            .args(arguments)
            .env("DATABASE_URL", self.world.store_config.database_url.expose_secret())
            .env("NATS_URL", self.world.nats.url().expose_secret())
            .env("AXIS_SECRET_KEY", &self.key)
            .env("AXIS_DATA_DIR", "no-such-folder");
        run(command).await
    }

    async fn succeeds(&self, arguments: &[&str]) -> Value {
        let answered = self.axis(arguments).await;
        assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
        assert_eq!(answered.complaint, "", "{arguments:?}");
        answered.value
    }

    async fn fails(&self, arguments: &[&str], because: &str) {
        let answered = self.axis(arguments).await;
        assert_eq!(answered.code, Some(1), "{arguments:?}: {answered:?}");
        let told = &answered.complaint;
        assert!(told.contains(because), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    }

    /// Account 7, with its webhook registered.
    async fn registered(&self, tenant: &str, receiver: &str) {
        self.succeeds(&["tenants", "add", tenant]).await;
        let url = self.chatwoot.url();
        self.succeeds(&add(&url, tenant, "7", &admin_token(7))).await;
        let arguments = ["webhook", "register", "--account", "7", "--public-url", receiver];
        self.succeeds(&arguments).await;
    }

    /// A receiver and a sync-worker; where the receiver is.
    async fn receives(&self) -> String {
        let journal = folder("journal");
        let config = webhook_receiver::Config::with(self.key.clone().into(), journal);
        let receiver = Receiver::start(&config, self.world.bus.clone()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (routes, stop) = (receiver.router(), self.stop.clone());
        tokio::spawn(async move {
            service::serve(listener, routes, stop).await.unwrap();
            receiver.drain().await;
        });
        url
    }

    async fn syncs(&self) {
        let (store, bus) = (self.world.store.clone(), self.world.bus.clone());
        let config = sync_worker::Config::default();
        let worker = SyncWorker::start(&config, store, bus, &Health::default()).await.unwrap();
        tokio::spawn(worker.run(self.stop.clone()));
    }

    async fn statement(&self, statement: &'static str) {
        let url = self.world.store_config.database_url.expose_secret();
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
}

/// `axis accounts add …`
fn add<'a>(url: &'a str, tenant: &'a str, number: &'a str, token: &'a str) -> [&'a str; 10] {
    let [tenant_is, url_is] = ["--tenant", "--chatwoot-url"];
    let [number_is, token_is] = ["--chatwoot-account-id", "--chatwoot-token"];
    ["accounts", "add", tenant_is, tenant, url_is, url, number_is, number, token_is, token]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_served_only_with_an_administrators_token_and_is_never_shown_with_it() {
    let operator = Operator::new().await;
    let url = operator.chatwoot.url();
    let (admin, agent) = (admin_token(7), agent_token(7, 1));
    operator.fails(&add(&url, "acme", "7", &admin), "axis tenants add acme").await;
    operator.succeeds(&["tenants", "add", "acme", "--name", "Acme Outdoor"]).await;
    operator.succeeds(&["tenants", "add", "other"]).await;
    let tenants = operator.succeeds(&["tenants", "list"]).await;
    assert_eq!(tenants[0]["id"], "acme");
    assert_eq!(tenants[0]["name"], "Acme Outdoor");

    let gone = "http://127.0.0.1:1";
    for (url, number, token, because) in [
        (&*url, "7", &*agent, "administrator"),
        (&*url, "7", "no-such-token", "does not accept the access token"),
        (&*url, "8", &*admin, "not a member of account 8"),
        (gone, "7", &*admin, "no connection to Chatwoot"),
        ("chat.example.com", "7", &*admin, "must be a URL"),
    ] {
        operator.fails(&add(url, "acme", number, token), because).await;
    }
    assert_eq!(operator.succeeds(&["accounts", "list"]).await, json!([]));

    let added = operator.succeeds(&add(&url, "acme", "7", &admin)).await;
    let with_slash = format!("{url}/");
    let again = operator.succeeds(&add(&with_slash, "acme", "7", &admin)).await;
    assert_eq!(added["key"], again["key"]);
    operator.fails(&add(&url, "other", "7", &admin), "another tenant").await;
    let listed = operator.succeeds(&["accounts", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(&admin));
    assert_eq!(operator.world.bus.sources().list().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_a_webhook_again_changes_nothing_and_a_new_secret_joins_the_old_one() {
    let operator = Operator::new().await;
    operator.succeeds(&["tenants", "add", "acme"]).await;
    let (url, admin) = (operator.chatwoot.url(), admin_token(7));
    let key = operator.succeeds(&add(&url, "acme", "7", &admin)).await["key"].clone();
    let key = key.as_str().unwrap();
    let register = ["webhook", "register", "--public-url", PUBLIC_URL, "--account"];
    let by_key = [&register[..], &[key]].concat();
    let by_number = [&register[..], &["7"]].concat();

    let first = operator.succeeds(&by_key).await;
    assert_eq!((&first["change"], &first["newSecret"]), (&json!("created"), &json!(true)));
    let second = operator.succeeds(&by_number).await;
    assert_eq!((&second["change"], &second["newSecret"]), (&json!("unchanged"), &json!(false)));
    assert_eq!(first["webhookId"], second["webhookId"]);
    let secrets = async || {
        let sources = operator.world.bus.sources().list().await.unwrap();
        sources[0].sealed_secrets.clone()
    };
    assert_eq!(secrets().await.len(), 1);

    let client =
        chatwoot::Client::new(&url, 7, &admin.into(), &chatwoot::client::Options::default())
            .unwrap();
    let ours = async || {
        let mut all = client.list_webhooks().await.unwrap();
        all.retain(|one| one.url.starts_with(PUBLIC_URL));
        assert_eq!(all.len(), 1);
        all.remove(0)
    };
    let webhook = ours().await;
    let settings = chatwoot::client::WebhookSettings {
        url: webhook.url.clone(),
        name: "changed by hand".to_owned(),
        subscriptions: vec!["message_created".to_owned()],
    };
    client.update_webhook(webhook.id, &settings).await.unwrap();
    assert_eq!(operator.succeeds(&by_number).await["change"], "updated");
    assert_eq!(ours().await.subscriptions.len(), chatwoot::client::SUBSCRIPTIONS.len());

    let old = secrets().await;
    operator.chatwoot.sim.set_webhook_secret(7, webhook.id, Some("another-secret")).unwrap();
    assert_eq!(operator.succeeds(&by_number).await["newSecret"], true);
    let both = secrets().await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], old[0], "the old secret stays valid, after the new one");

    operator.chatwoot.sim.set_webhook_secret(7, webhook.id, None).unwrap();
    operator.fails(&by_number, "older than 4.11.2").await;
    operator.fails(&[&register[..], &["99"]].concat(), "no account 99").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_secrets_are_rotated_and_in_the_end_forgotten() {
    let operator = Operator::new().await;
    operator.registered("acme", PUBLIC_URL).await;
    let (admin, rotate) = (admin_token(7), ["accounts", "rotate", "--account", "7"]);
    operator.fails(&rotate, "say what to rotate").await;
    let token = [&rotate[..], &["--chatwoot-token"]].concat();
    operator.fails(&[&token[..], &["no-such-token"]].concat(), "does not accept").await;
    assert_eq!(operator.succeeds(&[&token[..], &[&*admin]].concat()).await["token"], true);
    let secret = [&rotate[..], &["--webhook-secret", "--public-url", PUBLIC_URL]].concat();
    assert_eq!(operator.succeeds(&secret).await["webhook"]["change"], "created");
    let sources = operator.world.bus.sources();
    assert_eq!(sources.list().await.unwrap()[0].sealed_secrets.len(), 2);

    let disconnect = ["accounts", "disconnect", "--account", "7"];
    operator.fails(&disconnect, "say --yes").await;
    let ended = operator.succeeds(&[&disconnect[..], &["--yes"]].concat()).await;
    assert_eq!(ended["webhookRemoved"], true);
    assert!(sources.list().await.unwrap().is_empty());
    assert_eq!(operator.succeeds(&["accounts", "list"]).await, json!([]));
    operator.fails(&rotate, "say what to rotate").await;
    operator.fails(&secret, "no account 7").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_test_follows_every_example_into_the_database() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("acme", &receiver).await;
    let test = ["webhook", "test", "--account", "7", "--receiver-url", &receiver];
    operator.fails(&test, "say --yes").await;
    let sources = operator.world.bus.sources();
    eventually("the source is known", || {
        let sources = sources.clone();
        async move { sources.list().await.is_ok_and(|all| all.len() == 1) }
    })
    .await;

    let unread = operator.axis(&[&test[..], &["--yes", "--wait", "1"]].concat()).await;
    assert_eq!(unread.code, Some(1));
    let outcomes = |value: &Value| {
        let all = value.as_array().unwrap().iter();
        all.map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&unread.value), ["not seen"; 10], "nobody syncs yet");
    operator.syncs().await;
    let read = operator.succeeds(&[&test[..], &["--yes"]].concat()).await;
    assert_eq!(outcomes(&read), ["applied"; 10]);
    let nobody = ["webhook", "test", "--account", "7", "--receiver-url", "http://127.0.0.1:1"];
    let nobody = operator.axis(&[&nobody[..], &["--yes"]].concat()).await;
    assert_eq!((nobody.code, outcomes(&nobody.value)), (Some(1), vec!["not received".into(); 10]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_into_the_database_shows_what_is_wrong_and_no_content_unasked() {
    let operator = Operator::new().await;
    let receiver = operator.receives().await;
    operator.registered("mock-tenant-id", &receiver).await;
    operator.syncs().await;
    operator.succeeds(&["webhook", "test", "--account", "7", "--receiver-url", &receiver]).await;

    let clean = operator.succeeds(&["db", "check"]).await;
    assert_eq!(clean["warnings"], json!([]));
    let of = |value: &Value, name: &str| {
        let tables = value["inspection"]["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == name).unwrap().clone()
    };
    let events = of(&clean, "webhook_events");
    assert_eq!((&events["rows"], &events["exact"]), (&json!(10), &json!(true)));
    assert_eq!(events["newest"].as_array().unwrap().len(), 3);
    assert_eq!(of(&clean, "conversations")["newest"][0]["facts"]["conversation"], 42);
    let contact = &of(&clean, "contacts")["newest"][0]["facts"];
    assert_eq!(contact.get("name"), None, "no personal data unasked");
    let shown = operator.succeeds(&["db", "check", "--show-content", "--rows", "1"]).await;
    assert!(of(&shown, "contacts")["newest"][0]["facts"]["name"].is_string());

    operator
        .statement(
            "insert into webhook_events (received_at, event_id, tenant_id, account_id, event,
               origin, digest, stream_sequence, outcome)
             select at, gen_random_uuid(), tenant_id, account_id, event, origin, digest, 1,
               'rejected'
             from webhook_events, unnest(array[now(), '2001-01-01'::timestamptz]) as at
             where event = 'message_created'",
        )
        .await;
    operator
        .statement(
            "insert into outbox (operation_id, tenant_id, account_id, conversation_id, command,
               payload, traceparent, created_at)
             select gen_random_uuid(), tenant_id, account_id, id, 'set_status', '{}', '',
               now() - interval '6 minutes'
             from conversations",
        )
        .await;
    let warned = operator.succeeds(&["db", "check"]).await;
    let warnings = warned["warnings"].as_array().unwrap();
    for expected in ["1 row of webhook_events", "outbox", "rejected"] {
        let found = warnings.iter().any(|one| one.as_str().unwrap().contains(expected));
        assert!(found, "{expected}: {warnings:?}");
    }
    assert_eq!(warnings.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_missing_are_told_and_made() {
    let nats = testkit::nats().await;
    let axis = async |arguments: &[&str]| {
        let mut command = axis();
        command.args(["--output", "json", "streams"]).args(arguments);
        command.env("NATS_URL", nats.url().expose_secret());
        run(command).await
    };
    let checked = axis(&["check"]).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.value.as_array().unwrap().iter().any(|one| one["what"] == "stream INBOUND"));
    assert_eq!(axis(&["apply", "--replicas", "2"]).await.code, Some(2));
    assert_eq!(axis(&["apply"]).await.code, Some(0));
    let checked = axis(&["check"]).await;
    assert_eq!((checked.code, checked.value), (Some(0), json!([])));
    let status = axis(&["status"]).await.value;
    assert_eq!(status[0]["name"], "INBOUND");
    assert_eq!(status[0]["consumers"], json!([]), "an account's lane is made by the workers");
    assert_eq!(status[1]["consumers"][0]["name"], "outbound-worker");
    assert_eq!(status[1]["consumers"][0]["pending"], 0);
}

#[tokio::test]
async fn without_servers_a_command_says_what_to_do() {
    for (command, because) in [("tenants", "DATABASE_URL"), ("streams", "NATS_URL")] {
        let last = if command == "tenants" { "list" } else { "check" };
        let mut axis = axis();
        axis.args([command, last]).current_dir(folder("nothing"));
        let answered = run(axis).await;
        assert_eq!(answered.code, Some(1));
        assert!(answered.complaint.contains(because), "{answered:?}");
    }
}
