//! A database filled again from the stream (P1, P3).

use std::collections::BTreeMap;
use std::future::ready;
use std::process::Stdio;
use std::time::Duration;

use crate::program::{Answered, operating, run};
use async_nats::jetstream;
use bus::{Consumer, Past};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{AccountKey, EventId};
use events::{Envelope, Headers, Inbound, TraceParent, occurrence, subject};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use service::Health;
use sync_worker::SyncWorker;
use testkit::sqlx::{self, Connection as _, Row as _};
use testkit::{Account, World, eventually};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

const LONG_AGO: &str = "2001-01-01T00:00:00Z";
const MARK: &str = "Axis-Replay";

fn replay(world: &World, arguments: &[&str]) -> Command {
    command(world, &[&["replay"], arguments].concat())
}

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = operating(world, arguments);
    command.args(["--output", "json"]);
    command
}

async fn answered(world: &World, arguments: &[&str]) -> Answered {
    run(replay(world, arguments)).await
}

async fn succeeds(world: &World, arguments: &[&str]) -> Value {
    let answered = answered(world, arguments).await;
    assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
    answered.value
}

fn inbound(account: &Account, number: i64, event: &str, body: &str) -> Envelope {
    let delivery = format!("delivery-{number}");
    let received_at = DateTime::from_timestamp(1_792_000_000 + number, 0).unwrap();
    let occurrence = occurrence(event, Some(&delivery), received_at);
    let inbound = Inbound {
        id: EventId::of(account.key, body.as_bytes(), &occurrence),
        account: account.key,
        tenant: account.tenant.clone(),
        event: event.to_owned(),
        received_at,
        delivery: Some(delivery),
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    };
    inbound.envelope(body.as_bytes().to_vec())
}

/// One event of each kind.
async fn publish_examples(world: &World, account: &Account) {
    for (number, (event, body)) in (1_i64..).zip(chatwoot::examples()) {
        let envelope = inbound(account, number, event, body);
        world.bus.publisher().publish(envelope).await.unwrap();
    }
}

/// NATS, to do to it what no program of ours would.
async fn jetstream(world: &World) -> jetstream::Context {
    let url = world.nats.url().expose_secret();
    let token = url.trim_start_matches("nats://").split('@').next().unwrap();
    let options = async_nats::ConnectOptions::with_token(token.to_owned());
    let client = options.connect(url).await.unwrap();
    jetstream::ContextBuilder::new().timeout(Duration::from_secs(20)).build(client)
}

/// Has INBOUND hold no more than what it holds now times so many.
async fn bound(world: &World, times: i64) {
    let holds = world.bus.stream(subject::INBOUND).await.unwrap().bytes;
    let jetstream = jetstream(world).await;
    let stream = jetstream.get_stream(subject::INBOUND).await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.max_bytes = i64::try_from(holds).unwrap() * times;
    jetstream.update_stream(config).await.unwrap();
}

/// Removes all of INBOUND before this position.
async fn remove_before(world: &World, sequence: u64) {
    let stream = jetstream(world).await.get_stream(subject::INBOUND).await.unwrap();
    stream.purge().sequence(sequence).await.unwrap();
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

async fn settled(world: &World) {
    eventually("all events are processed", async || {
        world.bus.unsettled(Consumer::SyncWorker).await.unwrap() == 0
    })
    .await;
}

async fn connect(world: &World) -> sqlx::PgConnection {
    let url = world.store_config.database_url.expose_secret();
    sqlx::PgConnection::connect(url).await.unwrap()
}

/// All rows, but for when this database wrote them and where in the stream the event is.
async fn state(world: &World) -> BTreeMap<&'static str, Vec<String>> {
    let mut connection = connect(world).await;
    let mut state = BTreeMap::new();
    for (table, without) in [
        ("contacts", "{updated_at,first_seen_at}"),
        ("conversations", "{updated_at}"),
        ("messages", "{updated_at}"),
        ("activities", "{}"),
        ("webhook_events", "{processed_at,stream_sequence}"),
    ] {
        let query = format!("select (to_jsonb(t) - '{without}'::text[])::text from {table} t");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut connection).await;
        let mut rows: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
        rows.sort();
        state.insert(table, rows);
    }
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_database_is_the_same_after_a_replay_and_after_another_one() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    let shutdown = CancellationToken::new();
    let (store, bus) = (world.store.clone(), world.bus.clone());
    let config = sync_worker::Config::default();
    let worker = SyncWorker::start(&config, store, bus, &Health::default()).await.unwrap();
    let running = tokio::spawn(worker.run(shutdown.clone()));
    publish_examples(&world, &one).await;
    publish_examples(&world, &two).await;
    settled(&world).await;
    let before = state(&world).await;
    assert!(before.values().all(|rows| rows.len() >= 2), "{before:?}");
    assert_eq!(before["webhook_events"].len(), 20);

    let tables = "truncate contacts, conversations, messages, activities, webhook_events cascade";
    sqlx::query(tables).execute(&mut connect(&world).await).await.unwrap();
    let tried = succeeds(&world, &["--from", LONG_AGO, "--dry-run"]).await;
    assert_eq!((&tried["replayed"], tried["by"].as_array().unwrap().len()), (&json!(20), 20));
    assert_eq!(held(&world).await.len(), 20, "a dry run publishes nothing");
    assert!(state(&world).await.values().all(Vec::is_empty));

    let done = answered(&world, &["--from", LONG_AGO, "--per-second", "10000"]).await;
    assert_eq!((done.code, &done.value["replayed"]), (Some(0), &json!(20)), "{done:?}");
    assert_eq!(done.value["ended"], "done");
    for told in ["operator-7", "\"replay\"", "count=20", "20 of 20 events, now at "] {
        assert!(done.complaint.contains(told), "{told}: {}", done.complaint);
    }
    settled(&world).await;
    assert_eq!(state(&world).await, before);

    let again = succeeds(&world, &["--from", LONG_AGO]).await;
    assert_eq!((&again["replayed"], &again["copies"]), (&json!(20), &json!(20)));
    settled(&world).await;
    assert_eq!(state(&world).await, before);
    assert_eq!(held(&world).await.len(), 60);
    assert_eq!(world.bus.dead_letters().count().await.unwrap(), 0);

    shutdown.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_asked_for_is_replayed() {
    let world = World::start().await;
    let (one, two) = (world.account("one", 1).await, world.account("two", 2).await);
    publish_examples(&world, &one).await;
    publish_examples(&world, &two).await;
    let (key, event) = (one.key.to_string(), "message_created");
    let counted = async |arguments: &[&str]| {
        succeeds(&world, &[&["--dry-run"], arguments].concat()).await["replayed"].clone()
    };
    assert_eq!(counted(&["--from", LONG_AGO, "--account", &key]).await, 10);
    assert_eq!(counted(&["--from", LONG_AGO, "--event", event]).await, 2);
    assert_eq!(counted(&["--from", LONG_AGO, "--account", &key, "--event", event]).await, 1);
    assert_eq!(counted(&["--from", LONG_AGO, "--account", "1"]).await, 10, "by its number");
    let (nobody, long_before) = (AccountKey::generate().to_string(), "2000-01-01T00:00:00Z");
    for (wrong, because) in [
        (["--event", "nothing_like_it"], "no event of the name nothing_like_it"),
        (["--account", "3"], "no account 3"),
        (["--account", &*nobody], "no account"),
        (["--to", long_before], "nothing is between them"),
    ] {
        let refused = answered(&world, &[&["--from", LONG_AGO], &wrong[..]].concat()).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.complaint.contains(because), "{refused:?}");
    }
    let alike = "message.created";
    assert_eq!(subject::token(alike), event);
    assert_eq!(counted(&["--from", LONG_AGO, "--event", alike]).await, 0);
    let fifth = held(&world).await[4].published_at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    assert_eq!(counted(&["--from", &fifth]).await, 16);
    assert_eq!(counted(&["--from", LONG_AGO, "--to", &fifth]).await, 4);
    assert_eq!(counted(&["--from", &Utc::now().to_rfc3339()]).await, 0);
    assert_eq!(answered(&world, &["--from", "yesterday"]).await.code, Some(2));

    let some = succeeds(&world, &["--from", LONG_AGO, "--account", &key, "--most", "3"]).await;
    assert_eq!((&some["replayed"], &some["ended"]), (&json!(3), &json!("most")));
    let all = held(&world).await;
    assert_eq!(all.len(), 23);
    for (original, copy) in all.iter().zip(&all[20..]) {
        assert_eq!((&copy.subject, &copy.payload), (&original.subject, &original.payload));
        let read = |past: &Past| Inbound::read(&past.headers).unwrap();
        assert_eq!(read(copy), read(original), "the time of the receipt among others");
    }

    let nameless = Envelope {
        subject: "inbound.nobody.unknown".to_owned(),
        message_id: "nameless".to_owned(),
        headers: Headers::default(),
        payload: "{}",
    };
    world.bus.publisher().publish(nameless).await.unwrap();
    let all = succeeds(&world, &["--dry-run", "--from", LONG_AGO]).await;
    assert_eq!((&all["replayed"], &all["unreadable"]), (&json!(20), &json!(1)));
}

/// In earlier versions each had a subject of its own.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_name_that_is_not_known_are_found_by_it() {
    let world = World::start().await;
    let account = world.account("one", 1).await;
    let (now, other) = (inbound(&account, 1, "odd", "1"), inbound(&account, 2, "even", "2"));
    assert_eq!(now.subject, other.subject);
    let mut earlier = inbound(&account, 3, "odd", "3");
    earlier.subject = earlier.subject.replace(subject::OTHER, "odd");
    for envelope in [now, other, earlier] {
        world.bus.publisher().publish(envelope).await.unwrap();
    }
    for (event, count) in [("odd", 2), ("even", 1)] {
        let counted = succeeds(&world, &["--dry-run", "--from", LONG_AGO, "--event", event]).await;
        assert_eq!(counted["replayed"], count, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_replay_says_where_to_go_on() {
    let world = World::start().await;
    let account = world.account("one", 1).await;
    publish_examples(&world, &account).await;

    let mut slow = replay(&world, &["--from", LONG_AGO, "--per-second", "1"]);
    let slow = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sequence = async || world.bus.stream(subject::INBOUND).await.unwrap().last_sequence;
    eventually("the first is replayed", async || sequence().await > 10).await;
    let id = slow.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let ended = slow.wait_with_output().await.unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let value: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(value["ended"], "interrupted");
    let replayed = value["replayed"].as_u64().unwrap();
    assert!(replayed < 10, "{value}");

    let next = value["goOnFrom"].as_str().unwrap();
    let rest = succeeds(&world, &["--from", next]).await;
    assert_eq!(rest["replayed"], 10 - replayed);
    let all = held(&world).await;
    let ids = |wanted: bool| -> Vec<EventId> {
        let chosen = all.iter().filter(|past| past.headers.get(MARK).is_some() == wanted);
        chosen.map(|past| Inbound::read(&past.headers).unwrap().id).collect()
    };
    assert_eq!(ids(true), ids(false), "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gives_up_on_a_database_that_is_silent_and_not_on_one_that_answers() {
    let (postgres, config) = testkit::postgres().await;
    let world = World::over(ready(config)).await;
    let account = world.account("one", 1).await;
    publish_examples(&world, &account).await;
    // It goes on for longer than that.
    let slow = ["--from", LONG_AGO, "--per-second", "1", "--database-patience", "8"];
    let done = answered(&world, &slow).await;
    assert_eq!(done.code, Some(0), "{done:?}");

    let mut another = replay(&world, &slow);
    let another = another.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sequence = async || world.bus.stream(subject::INBOUND).await.unwrap().last_sequence;
    eventually("the first is replayed again", async || sequence().await > 20).await;
    postgres.pause().await;
    let ended = another.wait_with_output().await.unwrap();
    postgres.resume().await;
    let complaint = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("the database has not answered for 8 s"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_whose_copies_would_push_out_what_it_has_yet_to_reach_does_not_begin() {
    let world = World::start().await;
    let account = world.account("one", 1).await;
    publish_examples(&world, &account).await;
    bound(&world, 2).await;
    // As much again is twice the half, and a fifth is kept free.
    // A time that is no end at all, and far beyond what the server can reckon with, is none.
    for until in [&[][..], &["--to", "9999-12-31T00:00:00Z"]] {
        let refused = answered(&world, &[&["--from", LONG_AGO], until].concat()).await;
        assert_eq!(
            (refused.code, &refused.value["ended"]),
            (Some(1), &json!("failed")),
            "{until:?}"
        );
        let error = refused.value["error"].as_str().unwrap();
        assert!(error.contains("max_bytes"), "{until:?}: {error}");
        assert_eq!((&refused.value["replayed"], held(&world).await.len()), (&json!(0), 10));
    }
    let tried = succeeds(&world, &["--from", LONG_AGO, "--dry-run"]).await;
    assert!(tried["lacking"].as_str().unwrap().contains("max_bytes"), "{tried}");
    // What is meant fits: it ends before most of what the stream holds, or with so many.
    let third = held(&world).await[2].published_at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let some = succeeds(&world, &["--from", LONG_AGO, "--to", &third]).await;
    assert_eq!(some["replayed"], 2);
    assert_eq!(succeeds(&world, &["--from", LONG_AGO, "--most", "1"]).await["replayed"], 1);
    bound(&world, 3).await;
    assert_eq!(succeeds(&world, &["--from", LONG_AGO, "--dry-run"]).await["lacking"], json!(null));
    assert_eq!(succeeds(&world, &["--from", LONG_AGO]).await["replayed"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replay_passes_over_needs_no_room() {
    let world = World::start().await;
    let account = world.account("one", 1).await;
    publish_examples(&world, &account).await;
    succeeds(&world, &["--from", LONG_AGO]).await;
    // Half as much again fits, and as much again does not.
    bound(&world, 2).await;
    let again = succeeds(&world, &["--from", LONG_AGO]).await;
    assert_eq!((&again["replayed"], &again["copies"]), (&json!(10), &json!(10)));
    let refused = answered(&world, &["--from", LONG_AGO]).await;
    assert_eq!((refused.code, &refused.value["ended"]), (Some(1), &json!("failed")), "{refused:?}");
    assert_eq!((&refused.value["replayed"], held(&world).await.len()), (&json!(0), 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_of_what_was_removed_before_it_came_there() {
    // More than is under way to a reader at a time.
    let (count, kept) = (1_500_i64, 50);
    let world = World::start().await;
    let account = world.account("one", 1).await;
    let (event, body) = chatwoot::examples()[0];
    // Equal ones would be the same event.
    let other = |number| format!("{body}{}", " ".repeat(usize::try_from(number).unwrap()));
    let all = (0..count).map(|number| inbound(&account, number, event, &other(number))).collect();
    for published in world.bus.publisher().publish_all(all).await {
        published.unwrap();
    }

    let mut slow = replay(&world, &["--from", LONG_AGO, "--per-second", "200"]);
    let slow = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let last = u64::try_from(count).unwrap();
    let sequence = async || world.bus.stream(subject::INBOUND).await.unwrap().last_sequence;
    eventually("the first is replayed", async || sequence().await > last).await;
    remove_before(&world, last + 1 - kept).await;
    let ended = slow.wait_with_output().await.unwrap();
    let value: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((ended.status.code(), &value["ended"]), (Some(1), &json!("failed")), "{value}");
    let replayed = value["replayed"].as_i64().unwrap();
    assert!((50..count).contains(&replayed), "{value}");
    let told = format!("{} events were removed from INBOUND", count - replayed);
    assert!(value["error"].as_str().unwrap().contains(&told), "{value}");
    assert_eq!(value["goOnFrom"], Value::Null);
    let audit = run(command(&world, &["audit"])).await.value["audit"].take();
    let why = audit[0]["details"]["ended"].as_str().unwrap();
    assert!(why.contains(&told), "the audit says why: {audit}");
    let begun = &audit[1]["details"];
    assert_eq!((&begun["most"], &begun["perSecond"]), (&Value::Null, &json!(200)), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_stands_for_its_original_once_that_is_gone() {
    let world = World::start().await;
    let account = world.account("one", 1).await;
    publish_examples(&world, &account).await;
    succeeds(&world, &["--from", LONG_AGO]).await;
    remove_before(&world, 8).await;
    let again = succeeds(&world, &["--from", LONG_AGO]).await;
    // Three originals, and copies of the seven that are gone.
    assert_eq!((&again["replayed"], &again["copies"]), (&json!(10), &json!(3)));
}
