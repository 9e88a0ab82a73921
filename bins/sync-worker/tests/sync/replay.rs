//! Replaying all of `INBOUND` into an empty database makes the same rows, whatever was lived and
//! however it was told (P10): out of order, more than once, late, and after something was found gone.
//!
//! ```text
//! told ──► INBOUND ══► workers ──► live rows ═══════ must be the same, row for row
//!             ├─ replay ═► workers ──► emptied tables ═════╡
//!             └─ read in order, by fives ────► another database
//! ```
//!
//! More histories, or those of another seed:
//!
//! ```text
//! REPLAY_CASES=100 CONVERGENCE_SEED=7 cargo test -p sync-worker --test sync replay
//! ```
//!
//! A history that failed is kept in `proptest-regressions/replay.txt` and tried first.

use std::collections::BTreeMap;

use crate::support::telling::{History, Lived, account, apply, fresh, history, runner, take_in};
use crate::support::{RECEIVED, delivery, execute, inbound};
use bus::{Consumer, Delivery, Past};
use chatwoot_sim::Sim;
use chrono::{DateTime, TimeDelta, Utc};
use events::subject;
use proptest::prelude::*;
use proptest::sample::Index;
use repair::replay::{Ended, Replay, Wanted};
use serde_json::{Value, json};
use service::Health;
use sync_worker::{Config, SyncWorker};
use testkit::sqlx::{self, Row as _};
use testkit::{World, eventually};
use tokio_util::sync::CancellationToken;

/// A conversation, or the person in it, that Chatwoot was found not to know any more, so many
/// minutes after the beginning, and how far into the telling.
#[derive(Debug, Clone)]
struct Loss {
    which: Index,
    person: bool,
    minutes: i64,
    told: Index,
}

#[derive(Debug, Clone)]
struct Case {
    history: History,
    losses: Vec<Loss>,
    /// What is delivered once more although it was settled.
    again: Vec<Index>,
}

fn case() -> impl Strategy<Value = Case> {
    let which = any::<Index>;
    let loss = (which(), any::<bool>(), 0..600i64, which())
        .prop_map(|(which, person, minutes, told)| Loss { which, person, minutes, told });
    let losses = prop::collection::vec(loss, 0..5);
    let again = prop::collection::vec(which(), 0..30);
    (history(), losses, again).prop_map(|(history, losses, again)| Case { history, losses, again })
}

impl Case {
    /// Everything in the order in which the stream gets it, with the number that says when it was
    /// received. The order of the stream is not that of the receipt: there are several receivers.
    fn told(&self) -> Vec<(u64, String)> {
        let Lived { life, bodies, .. } = self.history.lived();
        let order = self.history.shuffled(bodies.len());
        let mut told: Vec<String> = order.into_iter().map(|which| bodies[which].clone()).collect();
        for loss in &self.losses {
            told.insert(loss.told.index(told.len()), gone(&life.sim, loss));
        }
        let numbered: Vec<_> = (1..).zip(told).collect();
        numbered.chunks(5).flat_map(|received| received.iter().rev().cloned()).collect()
    }
}

/// What the reconciler publishes of something that is gone.
fn gone(sim: &Sim, loss: &Loss) -> String {
    let numbers: Vec<i64> = (1..1_000).take_while(|n| sim.conversation(1, *n).is_ok()).collect();
    let number = *loss.which.get(&numbers);
    let created_at = sim.conversation(1, number).unwrap()["created_at"].as_i64().unwrap();
    let created_at = DateTime::from_timestamp(created_at, 0).unwrap();
    let at = (created_at + TimeDelta::minutes(loss.minutes)).timestamp_micros();
    let body = if loss.person {
        let contact = sim.contact_of(1, number).unwrap()["id"].clone();
        json!({ "event": "reconciled_gone", "contact": contact, "at": at })
    } else {
        json!({ "event": "reconciled_gone", "conversation": number, "created_at": created_at,
                "at": at })
    };
    body.to_string()
}

/// All rows of all tables of tenants but for when this database wrote them and where in the stream an
/// event is. The tables are found, so one that is made later is compared too.
async fn rows(config: &store::Config) -> BTreeMap<String, Vec<Value>> {
    let mut connection = crate::support::connect(config).await;
    let mut all = BTreeMap::new();
    for table in tables(config).await {
        let here = match table.as_str() {
            "contacts" => "{updated_at,first_seen_at}",
            "conversations" | "messages" => "{updated_at}",
            "webhook_events" => "{processed_at,stream_sequence}",
            _ => "{}",
        };
        let query = format!("select to_jsonb(t) - '{here}'::text[] from {table} t");
        let found = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut connection).await;
        let mut found: Vec<Value> = found.unwrap().iter().map(|row| row.get(0)).collect();
        found.sort_by_key(Value::to_string);
        all.insert(table, found);
    }
    all
}

/// The tables with tenants' rows, but for what operators set up and for what a sweep has yet to ask Chatwoot
/// about: a batch that tells more of a message leaves nothing to ask that two batches would have left.
async fn tables(config: &store::Config) -> Vec<String> {
    let query = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relkind in ('r', 'p') and not c.relispartition
                   and c.relnamespace = 'public'::regnamespace
                   and a.attname = 'tenant_id'
                   and c.relname not in ('chatwoot_accounts', 'unheard_deliveries')
                 order by 1";
    let mut connection = crate::support::connect(config).await;
    sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap()
}

/// Shows only the rows that differ.
fn assert_same(expected: &BTreeMap<String, Vec<Value>>, found: &BTreeMap<String, Vec<Value>>) {
    for (table, rows) in expected {
        let missing: Vec<_> = rows.iter().filter(|row| !found[table].contains(row)).collect();
        let surplus: Vec<_> = found[table].iter().filter(|row| !rows.contains(row)).collect();
        assert!(rows == &found[table], "{table}: missing {missing:#?}, surplus {surplus:#?}");
    }
}

async fn publish(world: &World, told: &[(u64, String)]) {
    let envelopes = told.iter().map(|(number, body)| {
        let mut envelope = inbound(&account(), body, *number).envelope(body.as_bytes().to_vec());
        // As after the time for which the stream remembers ids: else it would take each body once.
        envelope.message_id = format!("{}-{number}", envelope.message_id);
        envelope
    });
    for answer in world.bus.publisher().publish_all(envelopes.collect()).await {
        answer.unwrap();
    }
}

/// Waits until so many events are recorded, and none is left: once, none counted as left while most had yet to be recorded.
async fn settled(world: &World, events: usize) {
    eventually("all events are processed", async || {
        let recorded = rows(&world.store_config).await["webhook_events"].len();
        recorded >= events && world.bus.unsettled(Consumer::SyncWorker).await.unwrap() == 0
    })
    .await;
}

/// All of the stream, in its order.
async fn held(world: &World) -> Vec<Delivery> {
    let everything = "inbound.>".to_owned();
    let mut history = world.bus.history(subject::INBOUND, everything, None).await.unwrap();
    let mut all = Vec::new();
    while let Some(past) = history.next().await.unwrap() {
        let Past { sequence, published_at, subject, headers, payload } = past;
        all.push(Delivery { subject, headers, payload, sequence, attempt: 1, published_at });
    }
    all
}

async fn replay(world: &World) {
    let wanted = Wanted {
        from: DateTime::<Utc>::UNIX_EPOCH,
        to: None,
        account: None,
        event: None,
        dry_run: false,
        most: None,
        per_second: 1_000_000,
    };
    let mut replay = Replay::start(wanted, &world.bus).await.unwrap();
    let ended = replay.run(&CancellationToken::new(), |_| {}).await;
    assert!(matches!(ended, Ended::Done), "{ended:?}");
}

#[test]
fn any_history_replayed_from_the_stream_ends_in_the_rows_that_it_was_lived_to() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let outcome = runner("REPLAY_CASES", 4, "replay.txt").run(&case(), |case| {
        runtime.block_on(relived(&case));
        Ok(())
    });
    outcome.unwrap();
}

async fn relived(case: &Case) {
    let (world, (other, other_config)) = tokio::join!(World::start(), fresh());
    take_in(&world.store, &world.store_config).await;
    let shutdown = CancellationToken::new();
    let config = Config { sync_batch: 7, ..Config::default() };
    let mut workers = Vec::new();
    for _ in 0..2 {
        let (store, bus) = (world.store.clone(), world.bus.clone());
        let worker = SyncWorker::start(&config, store, bus, &Health::default()).await.unwrap();
        workers.push(tokio::spawn(worker.run(shutdown.clone())));
    }

    for part in case.history.parts(case.told()) {
        publish(&world, &part).await;
    }
    let stream = held(&world).await;
    settled(&world, stream.len()).await;
    let again = case.again.iter().map(|which| vec![which.get(&stream).clone()]).collect();
    apply(&world.store, &world.bus, again).await;
    let lived = rows(&world.store_config).await;
    assert_eq!(lived["webhook_events"].len(), stream.len());

    let in_order = stream.chunks(5).map(<[_]>::to_vec).collect();
    apply(&other, &world.bus, in_order).await;
    assert_same(&lived, &rows(&other_config).await);

    let filled = lived.iter().filter(|(_, rows)| !rows.is_empty());
    let filled: Vec<&str> = filled.map(|(table, _)| table.as_str()).collect();
    execute(&world.store_config, &format!("truncate {} cascade", filled.join(", "))).await;
    assert!(rows(&world.store_config).await.values().all(Vec::is_empty));
    replay(&world).await;
    settled(&world, stream.len()).await;
    assert_eq!(world.bus.stream(subject::INBOUND).await.unwrap().messages, 2 * stream.len() as u64);
    assert_same(&lived, &rows(&world.store_config).await);

    shutdown.cancel();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn of_two_receipts_of_what_has_no_time_the_earlier_one_stays() {
    let (store, config) = fresh().await;
    let world = World::start().await;
    let body = r#"{"event":"contact_created","id":9,"name":"Ann","account":{"id":1,"name":"x"},
        "custom_attributes":{},"additional_attributes":{}}"#;
    let told = |number| delivery(&account(), body, number);
    let occurred = async || rows(&config).await["activities"][0]["occurred_at"].clone();
    apply(&store, &world.bus, vec![vec![told(7), told(5)]]).await;
    assert_eq!(occurred().await, "2100-01-01T00:00:05+00:00");
    apply(&store, &world.bus, vec![vec![told(6)], vec![told(3), told(4)], vec![told(8)]]).await;
    assert_eq!(occurred().await, "2100-01-01T00:00:03+00:00");
    assert_eq!(rows(&config).await["activities"].len(), 1);
}

/// A month that has yet to come would have no partition for it.
#[tokio::test]
async fn what_is_dated_after_its_receipt_has_no_time() {
    let world = World::start().await;
    let ahead = |days: i64| RECEIVED + days * 86_400;
    let message = |number: i64, at: i64| {
        let examples = chatwoot::examples();
        let example = examples.iter().find(|(name, _)| *name == "message_created").unwrap().1;
        let mut body: Value = serde_json::from_str(example).unwrap();
        body["id"] = json!(number);
        body["created_at"] = json!(at);
        body.to_string()
    };
    let told = |number| delivery(&account(), &message(9, ahead(400)), number);
    let soon = delivery(&account(), &message(10, ahead(1) - 60), 1);
    let mut ends = Vec::new();
    for order in [[5, 3, 4], [3, 4, 5], [4, 5, 3]] {
        let (store, config) = fresh().await;
        apply(&store, &world.bus, vec![vec![soon.clone()]]).await;
        apply(&store, &world.bus, order.map(|number| vec![told(number)]).into()).await;
        ends.push(rows(&config).await["activities"].clone());
    }
    let mut times: Vec<&Value> = ends[0].iter().map(|line| &line["occurred_at"]).collect();
    times.sort_by_key(ToString::to_string);
    assert_eq!(times, ["2100-01-01T00:00:03+00:00", "2100-01-01T23:59:00+00:00"]);
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
}
