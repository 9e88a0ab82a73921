//! What could not be processed, from its death to its end (P10).

use crate::program::{Answered, operating, run};
use bus::Past;
use chrono::{DateTime, Utc};
use domain::{AccountKey, EventId};
use events::{DeadLetter, Headers, Inbound, TraceParent, subject};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use service::Health;
use sync_worker::SyncWorker;
use testkit::sqlx::{self, Connection as _};
use testkit::{World, eventually, secret_key};
use tokio_util::sync::CancellationToken;

async fn answered(world: &World, arguments: &[&str]) -> Answered {
    let mut command = operating(world, &["--output", "json", "dead-letters"]);
    command.args(arguments);
    run(command).await
}

async fn succeeds(world: &World, arguments: &[&str]) -> Value {
    let answered = answered(world, arguments).await;
    assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
    answered.value
}

fn inbound(account: AccountKey, event: &str, body: &str) -> Inbound {
    Inbound {
        id: EventId::of(account, body.as_bytes(), &[]),
        account,
        tenant: "acme".parse().unwrap(),
        event: event.to_owned(),
        received_at: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        delivery: Some("delivery-1".to_owned()),
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    }
}

/// An account under this very key, as when a backup is put back.
async fn add_account(world: &World, key: AccountKey) {
    let tenant = "acme".parse().unwrap();
    let mut transaction = world.store.worker().await.unwrap();
    store::tenants::put(&mut transaction, &tenant, "Acme").await.unwrap();
    let account = store::accounts::Account {
        id: key,
        tenant,
        base_url: testkit::BASE_URL.to_owned(),
        screen_url: None,
        chatwoot_account_id: 1,
        name: None,
        api_token: secret_key()
            .seal(store::accounts::Account::TOKEN_PURPOSE, &"token".into())
            .unwrap(),
        webhook_secrets: Vec::new(),
        webhook_id: None,
        allow_unsigned: false,
        public_only: false,
    };
    store::accounts::put(&mut transaction, &account, store::accounts::Said::default())
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
}

async fn count(world: &World, what: &'static str) -> i64 {
    let url = world.store_config.database_url.expose_secret();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("select count(*) from {what}"));
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

/// Where the dead letters are that are left, oldest first.
async fn left(world: &World) -> Vec<u64> {
    let mut oldest_first = world.bus.dead_letters().oldest_first(None, None).await.unwrap();
    let mut left = Vec::new();
    while let Some(stored) = oldest_first.next().await.unwrap() {
        left.push(stored.sequence);
    }
    left
}

async fn held(world: &World) -> Vec<Past> {
    let everything = "inbound.>".to_owned();
    let mut history = world.bus.history(subject::INBOUND, everything, None).await.unwrap();
    let mut all = Vec::new();
    while let Some(past) = history.next().await.unwrap() {
        all.push(past);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_for_want_of_its_account_is_applied_once_when_it_is_redriven() {
    let world = World::start().await;
    let shutdown = CancellationToken::new();
    let (store, bus) = (world.store.clone(), world.bus.clone());
    let config = sync_worker::Config::default();
    let worker = SyncWorker::start(&config, store, bus, &Health::default()).await.unwrap();
    let running = tokio::spawn(worker.run(shutdown.clone()));

    let key = AccountKey::generate();
    let examples = chatwoot::examples();
    let body = examples.iter().find(|(name, _)| *name == "message_created").unwrap().1;
    let event = inbound(key, "message_created", body);
    world.bus.publisher().publish(event.envelope(body.as_bytes())).await.unwrap();
    let letters = world.bus.dead_letters();
    eventually("the event is a dead letter", async || letters.count().await.unwrap() == 1).await;
    let stored = letters.get(1).await.unwrap().unwrap();

    let listed = succeeds(&world, &["list"]).await;
    let letter = &listed["deadLetters"][0];
    assert_eq!(letter["sequence"], 1);
    assert_eq!(letter["reason"], "refused-by-database");
    assert_eq!(letter["account"], json!(key));
    let shown = succeeds(&world, &["show", "1"]).await;
    assert_eq!(shown["payload"]["event"], "message_created");
    assert_eq!(shown["payload"]["id"], 901);
    assert_eq!(shown["payload"]["content"], "W… (18 characters)");
    for secret in ["Where is", "Ana", "example.com", "351210000007", "gold", "Harbour"] {
        assert!(body.contains(secret), "{secret}");
        assert!(!shown.to_string().contains(secret), "{secret}: {shown}");
        assert!(!listed.to_string().contains(secret), "{secret}: {listed}");
    }
    let unmasked = succeeds(&world, &["show", "1", "--unmasked"]).await;
    assert_eq!(unmasked["payload"], serde_json::from_str::<Value>(body).unwrap());

    let nobodys = answered(&world, &["redrive", "--all", "--account", "1"]).await;
    assert!(nobodys.complaint.contains("no account 1"), "{nobodys:?}");
    add_account(&world, key).await;
    let tried = succeeds(&world, &["redrive", "--all", "--account", "1", "--dry-run"]).await;
    assert_eq!((&tried["sent"], &tried["deadLetters"][0]["sequence"]), (&json!(0), &json!(1)));
    assert_eq!((letters.count().await.unwrap(), held(&world).await.len()), (1, 1));
    assert_eq!(count(&world, "messages").await, 0);

    let done = answered(&world, &["redrive", "1"]).await;
    assert_eq!((done.code, &done.value["sent"]), (Some(0), &json!(1)), "{done:?}");
    for told in ["operator-7", "dead-letters redrive", "sequence 1", "count=1"] {
        assert!(done.complaint.contains(told), "{told}: {}", done.complaint);
    }
    assert_eq!(letters.count().await.unwrap(), 0);
    let applied = "webhook_events where outcome = 'applied'";
    eventually("the event is applied", async || count(&world, applied).await == 1).await;
    assert_eq!(count(&world, "webhook_events").await, 1, "the rejection was corrected");
    assert_eq!(count(&world, "messages").await, 1);

    // Once more by name, and once more as if the first time had ended before the removal.
    let again = answered(&world, &["redrive", "1"]).await;
    assert!(again.complaint.contains("no dead letter 1"), "{again:?}");
    let again = letters.redrive(&stored).await.unwrap();
    assert!(again.duplicate && !again.removed, "{again:?}");
    assert_eq!(held(&world).await.len(), 2, "the event and its repetition");
    assert_eq!(count(&world, "messages").await, 1);
    assert_eq!(count(&world, "activities").await, 1);

    shutdown.cancel();
    running.await.unwrap().unwrap();
}

/// Puts a dead letter there.
async fn bury(world: &World, sequence: u64, account: AccountKey, reason: &str, subject: &str) {
    let body = format!("body {sequence}");
    let original = inbound(account, "message_created", &body).envelope(());
    let letter = DeadLetter {
        stream: "INBOUND".to_owned(),
        subject: subject.replace("{account}", &account.token()),
        sequence,
        consumer: "sync-worker".to_owned(),
        reason: reason.to_owned(),
        detail: r#"refused "Ana Example""#.to_owned(),
        at: Utc::now(),
    };
    let headers: Headers = original.headers.with(events::MESSAGE_ID, original.message_id);
    world.bus.publisher().publish(letter.envelope(&headers, body.into_bytes())).await.unwrap();
}

const SUBJECT: &str = "inbound.{account}.message_created";

async fn bodies(world: &World) -> Vec<String> {
    let text = |past: Past| String::from_utf8(past.payload.to_vec()).unwrap();
    held(world).await.into_iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn redriving_keeps_the_order_and_takes_no_more_than_it_was_told() {
    let world = World::start().await;
    let (one, two) = (AccountKey::generate(), AccountKey::generate());
    for (sequence, account, reason) in [
        (1, one, "late"),
        (2, two, "late"),
        (3, one, "undecodable"),
        (4, one, "late"),
        (5, two, "late"),
        (6, one, "late"),
    ] {
        bury(&world, sequence, account, reason, SUBJECT).await;
    }
    let listed = succeeds(&world, &["list", "--reason", "late", "--limit", "4"]).await;
    let sequences = listed["deadLetters"].as_array().unwrap().iter().map(|one| &one["sequence"]);
    assert_eq!(sequences.collect::<Vec<_>>(), [6, 5, 4, 2], "newest first");
    assert!(!listed.to_string().contains("Ana"), "{listed}");
    let of_two = succeeds(&world, &["list", "--account", &two.to_string()]).await;
    assert_eq!(of_two["deadLetters"].as_array().unwrap().len(), 2);
    let outbound = succeeds(&world, &["list", "--stream", "OUTBOUND"]).await;
    assert_eq!(outbound["deadLetters"], json!([]));
    let other = answered(&world, &["redrive", "1", "--account", &two.to_string()]).await;
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.complaint.contains("of another stream or account"), "{other:?}");

    let most = succeeds(&world, &["redrive", "--reason", "late", "--most", "2"]).await;
    assert_eq!((&most["sent"], &most["ended"]), (&json!(2), &json!("most")));
    assert_eq!(left(&world).await, [3, 4, 5, 6]);
    let account = one.to_string();
    let rest = ["redrive", "--all", "--account", &account, "--stream", "INBOUND"];
    let rest = succeeds(&world, &rest).await;
    assert_eq!((&rest["sent"], &rest["ended"]), (&json!(3), &json!("done")));
    assert_eq!(left(&world).await, [5]);
    assert_eq!(bodies(&world).await, ["body 1", "body 2", "body 3", "body 4", "body 6"]);
    for past in held(&world).await {
        let body = String::from_utf8(past.payload.to_vec()).unwrap();
        let of = if body == "body 2" { two } else { one };
        let expected = inbound(of, "message_created", &body);
        let found = Inbound::read(&past.headers).unwrap();
        assert_eq!(Inbound { trace: expected.trace, ..found }, expected);
        let names: Vec<&str> = past.headers.iter().map(|(name, _)| name).collect();
        assert!(!names.iter().any(|name| name.starts_with("Axis-Dead")), "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_the_middle_leaves_the_rest_where_it_is() {
    let world = World::start().await;
    let account = AccountKey::generate();
    let subjects = [SUBJECT, "no subject", SUBJECT, "nobody.takes.this", SUBJECT];
    for (sequence, subject) in (1..).zip(subjects) {
        bury(&world, sequence, account, "late", subject).await;
    }
    let failed = answered(&world, &["redrive", "--all"]).await;
    assert_eq!((failed.code, &failed.value["ended"]), (Some(1), &json!("failed")));
    let outcomes = failed.value["deadLetters"].as_array().unwrap();
    let outcome = |index: usize| outcomes[index]["outcome"].as_str().unwrap();
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    assert!(outcome(0).starts_with("sent again"), "{outcomes:?}");
    assert!(outcome(1).starts_with("stays"), "what no stream can take holds nobody up");
    assert!(outcome(2).starts_with("sent again"), "{outcomes:?}");
    assert_eq!(outcome(3), "failed");
    assert!(failed.value["error"].as_str().unwrap().contains("no stream takes"));
    assert_eq!(bodies(&world).await, ["body 1", "body 3"]);
    assert_eq!(world.bus.dead_letters().count().await.unwrap(), 3);
    let why = "audit where count = 2 and details->>'ended' like '%no stream takes%'";
    assert_eq!(count(&world, why).await, 1);
    let bounds = r#"audit where details @> '{ "begins": true, "most": 1000, "perSecond": 50 }'"#;
    assert_eq!(count(&world, bounds).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_has_to_be_meant() {
    let world = World::start().await;
    let account = AccountKey::generate();
    for (sequence, reason) in [(1, "late"), (2, "late"), (3, "too late"), (4, "late")] {
        bury(&world, sequence, account, reason, SUBJECT).await;
    }
    let letters = world.bus.dead_letters();
    let unsure = answered(&world, &["drop", "--reason", "late"]).await;
    assert_eq!(unsure.code, Some(1));
    assert!(unsure.complaint.contains("pass --yes"), "{unsure:?}");
    assert_eq!(answered(&world, &["drop", "--yes"]).await.code, Some(2), "of what?");
    let tried = succeeds(&world, &["drop", "--reason", "late", "--dry-run"]).await;
    assert_eq!(tried["deadLetters"].as_array().unwrap().len(), 3);
    let alike = succeeds(&world, &["drop", "--reason", "too_late", "--dry-run"]).await;
    assert_eq!(alike["deadLetters"], json!([]), "the same in a subject is not the same");
    assert_eq!(letters.count().await.unwrap(), 4);

    assert_eq!(succeeds(&world, &["drop", "4", "--yes"]).await["dropped"], 1);
    assert_eq!(answered(&world, &["drop", "4", "--yes"]).await.code, Some(1));
    let some = succeeds(&world, &["drop", "--reason", "late", "--most", "1", "--yes"]).await;
    assert_eq!((&some["dropped"], &some["ended"]), (&json!(1), &json!("most")));
    let rest = succeeds(&world, &["drop", "--reason", "late", "--yes"]).await;
    assert_eq!((&rest["dropped"], &rest["ended"]), (&json!(1), &json!("done")));
    assert_eq!(left(&world).await, [3]);
    assert!(held(&world).await.is_empty());
}
