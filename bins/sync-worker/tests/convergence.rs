//! Any order of the same events, with repetitions, ends in the same rows (P2, P3), and those rows
//! are what Chatwoot has.
//!
//! Thousands of histories are told to a model that knows only the joins, some of them to real
//! databases. More of them, or those of another seed:
//!
//! ```text
//! CONVERGENCE_HISTORIES=5000 CONVERGENCE_CASES=100 CONVERGENCE_SEED=7 \
//!   cargo test -p sync-worker --test convergence
//! ```
//!
//! A history that failed is kept in `proptest-regressions/convergence.txt` and tried first.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod support;

use bus::{Bus, Delivery, Handler};
use chatwoot_sim::Sim;
use domain::Version;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use store::Store;
use support::history::{Life, Step, conversation_read, step};
use support::memory::Memory;
use support::{State, assert_same, delivery, inbound, state};
use sync_worker::{Plan, Sync, plan};
use testkit::{Account, World};

/// What becomes of the bodies that wait.
#[derive(Debug, Clone)]
enum Told {
    /// They wait longer: they are built from a later state.
    Later,
    /// They are sent.
    Now,
    /// They are sent, one of them without its changes.
    Bare(Index),
    /// They are lost.
    Never,
    /// They are sent, and a conversation is read.
    Read(Index),
}

#[derive(Debug, Clone)]
struct History {
    steps: Vec<(Step, Told)>,
    /// The order of a second telling, with repetitions, and in how large parts.
    order: Vec<(Index, usize)>,
}

fn history() -> impl Strategy<Value = History> {
    let told = prop_oneof![
        5 => Just(Told::Later),
        5 => Just(Told::Now),
        1 => any::<Index>().prop_map(Told::Bare),
        1 => Just(Told::Never),
        2 => any::<Index>().prop_map(Told::Read),
    ];
    let steps = prop::collection::vec((step(), told), 5..25);
    let order = prop::collection::vec((any::<Index>(), 1usize..40), 60..200);
    (steps, order).prop_map(|(steps, order)| History { steps, order })
}

fn account() -> Account {
    let key = domain::AccountKey(uuid::Uuid::from_u128(7));
    Account { key, tenant: "acme".parse().unwrap(), number: 1 }
}

fn planned(body: &str, sequence: u64) -> Plan {
    plan(&inbound(&account(), body, sequence), body.as_bytes()).unwrap()
}

/// Lives a history and gives back every body that came of it, in order, with what they amount to.
/// If something was lost, everything is read in the end.
fn lived(history: &History) -> (Sim, Vec<String>, Memory) {
    let mut life = Life::untold();
    let (mut bodies, mut memory) = (Vec::new(), Memory::default());
    for (number, (step, told)) in history.steps.iter().enumerate() {
        life.pauses(number);
        life.happens(step);
        if let Told::Later = told {
            continue;
        }
        let mut built = life.sim.bodies();
        match told {
            Told::Never => built.clear(),
            Told::Bare(which) if !built.is_empty() => {
                let bare = which.index(built.len());
                let mut body: Value = serde_json::from_str(&built[bare]).unwrap();
                if body.get("changed_attributes").is_some() {
                    body["changed_attributes"] = Value::Null;
                }
                built[bare] = body.to_string();
            }
            _ => {}
        }
        hear(&mut memory, &mut bodies, built);
        if let Told::Read(which) = told {
            let read = read(&life.sim, &memory, *which.get(life.conversations()));
            hear(&mut memory, &mut bodies, vec![read]);
        }
    }
    let rest = life.sim.bodies();
    hear(&mut memory, &mut bodies, rest);
    if history.steps.iter().any(|(_, told)| matches!(told, Told::Never)) {
        for conversation in life.conversations() {
            let read = read(&life.sim, &memory, *conversation);
            hear(&mut memory, &mut bodies, vec![read]);
        }
    }
    (life.sim, bodies, memory)
}

fn hear(memory: &mut Memory, bodies: &mut Vec<String>, built: Vec<String>) {
    for body in built {
        bodies.push(body);
        let number = bodies.len() as u64;
        memory.apply(&planned(&bodies[bodies.len() - 1], number));
    }
}

/// What the reconciler would publish, had it found every row different.
fn read(sim: &Sim, memory: &Memory, conversation: i64) -> String {
    let key = account().key;
    let over = |version: Version| json!({ "over": version });
    conversation_read(sim, conversation, |message| {
        let version = match message {
            None => memory.conversations.get(&(key, conversation)).map(|row| row.version),
            Some(number) => memory.messages.get(&(key, number)).map(|row| row.version),
        };
        version.map_or(json!({ "missing": true }), over)
    })
}

/// The order of a second telling: each body at least once.
fn shuffled(history: &History, count: usize) -> Vec<usize> {
    let order = history.order.iter().map(|(which, _)| which.index(count));
    order.chain((0..count).rev()).collect()
}

/// A runner of so many cases, from the seed of the environment or one that it prints.
fn runner(count: &str, default: u32) -> TestRunner {
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().unwrap());
    let seed = number("CONVERGENCE_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let cases = number(count).map_or(default, |count| count.try_into().unwrap());
    println!("{cases} histories, CONVERGENCE_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = ProptestConfig {
        cases,
        max_shrink_iters: 100,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "proptest-regressions/convergence.txt",
        ))),
        ..ProptestConfig::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[test]
fn any_order_of_thousands_of_histories_comes_to_the_same() {
    let mut runner = runner("CONVERGENCE_HISTORIES", 300);
    let outcome = runner.run(&history(), |history| {
        let (sim, bodies, expected) = lived(&history);
        assert_true_of(&sim, &expected);
        let plans: Vec<Plan> =
            bodies.iter().zip(1_000..).map(|(body, n)| planned(body, n)).collect();
        let mut memory = Memory::default();
        for which in shuffled(&history, plans.len()) {
            memory.apply(&plans[which]);
        }
        prop_assert_eq!(&memory, &expected);
        let mut backwards = Memory::default();
        for plan in plans.iter().rev() {
            backwards.apply(plan);
        }
        prop_assert_eq!(&backwards, &expected);
        Ok(())
    });
    outcome.unwrap();
}

/// A history told to three databases: in order, shuffled with repetitions in parts of any size, and
/// by two workers from both ends at once.
#[test]
fn every_telling_of_a_history_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (world, databases) = runtime
        .block_on(async { (World::start().await, [fresh().await, fresh().await, fresh().await]) });
    let [(first, first_config), (second, second_config), (third, third_config)] = &databases;
    let outcome = runner("CONVERGENCE_CASES", 12).run(&history(), |history| {
        let (sim, bodies, _) = lived(&history);
        let deliver = |which: usize, n: u64| delivery(&account(), &bodies[which], n);
        runtime.block_on(async {
            for (_, config) in &databases {
                empty(config).await;
            }
            let in_order = (0..bodies.len()).zip(1..).map(|(i, n)| deliver(i, n)).collect();
            apply(first, &world.bus, vec![in_order]).await;
            let expected = state(first_config).await;
            assert_true(&sim, &expected);

            let mut order = shuffled(&history, bodies.len())
                .into_iter()
                .zip(1_000..)
                .map(|(i, n)| deliver(i, n));
            let sizes = history.order.iter().map(|(_, size)| *size).chain(std::iter::repeat(20));
            let parts: Vec<Vec<_>> = sizes
                .map(|size| order.by_ref().take(size).collect::<Vec<_>>())
                .take_while(|part| !part.is_empty())
                .collect();
            apply(second, &world.bus, parts).await;
            assert_same(&expected, &state(second_config).await);

            let parts = |order: Vec<usize>| -> Vec<Vec<Delivery>> {
                let chunks = order.chunks(5);
                chunks
                    .map(|chunk| chunk.iter().zip(5_000..).map(|(&i, n)| deliver(i, n)).collect())
                    .collect()
            };
            let there = parts((0..bodies.len()).collect());
            let back = parts((0..bodies.len()).rev().collect());
            tokio::join!(apply(third, &world.bus, there), apply(third, &world.bus, back));
            assert_same(&expected, &state(third_config).await);
        });
        Ok(())
    });
    outcome.unwrap();
}

async fn apply(store: &Store, bus: &Bus, parts: Vec<Vec<Delivery>>) {
    let handler = Sync::new(store.clone(), bus.publisher());
    for part in parts {
        for outcome in handler.handle(part).await {
            outcome.unwrap();
        }
    }
}

/// A database with the account, which has the same key in each, so that derived ids can be compared.
async fn fresh() -> (Store, store::Config) {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    testkit::account(&store, "acme", 1, testkit::BASE_URL, "token").await;
    let key = account().key;
    support::execute(&config, &format!("update chatwoot_accounts set id = '{key}'")).await;
    (store, config)
}

async fn empty(config: &store::Config) {
    let tables = "contacts, conversations, messages, activities, webhook_events";
    support::execute(config, &format!("truncate {tables} cascade")).await;
}

/// What must be true of the rows whatever the order: they are what Chatwoot has.
fn assert_true(sim: &Sim, found: &State) {
    for row in &found["conversations"] {
        let truth = sim.conversation(1, row["display_id"].as_i64().unwrap()).unwrap();
        assert_eq!(row["status"], truth["status"], "{truth}");
        assert_eq!(row["labels"], Value::from(sorted(&truth["labels"])), "{truth}");
    }
    let told = told(sim, found["conversations"].iter().map(|row| row["display_id"].as_i64()));
    assert_eq!(found["messages"].len(), told.len());
    for truth in told {
        let row = found["messages"].iter().find(|row| row["chatwoot_id"] == truth["id"]).unwrap();
        let deleted = truth["content_attributes"]["deleted"] == true;
        assert_eq!(row["deleted"], deleted, "{truth}");
        assert_eq!(row["content"], truth["content"], "{truth}");
    }
}

/// The same of the model.
fn assert_true_of(sim: &Sim, memory: &Memory) {
    for row in memory.conversations.values() {
        let truth = sim.conversation(1, row.display_id).unwrap();
        assert_eq!(json!(row.state.status), truth["status"], "{truth}");
        assert_eq!(row.state.labels, sorted(&truth["labels"]), "{truth}");
    }
    let told = told(sim, memory.conversations.values().map(|row| Some(row.display_id)));
    assert_eq!(memory.messages.len(), told.len());
    for truth in told {
        let number = truth["id"].as_i64().unwrap();
        let row = &memory.messages[&(account().key, number)];
        let deleted = truth["content_attributes"]["deleted"] == true;
        assert_eq!(row.deleted, deleted, "{truth}");
        assert_eq!(json!(row.state.content), truth["content"], "{truth}");
        let answers = |attributes: &Value| attributes["submitted_values"].clone();
        let (shown, answered) =
            (answers(&row.state.content_attributes), answers(&truth["content_attributes"]));
        assert!(deleted || shown == answered, "{truth}");
    }
}

fn sorted(labels: &Value) -> Vec<String> {
    let mut labels: Vec<String> = serde_json::from_value(labels.clone()).unwrap();
    labels.sort();
    labels
}

fn told(sim: &Sim, conversations: impl Iterator<Item = Option<i64>>) -> Vec<Value> {
    let messages = conversations.flat_map(|number| sim.messages(1, number.unwrap()).unwrap());
    messages.filter(|message| message["message_type"] != 2).collect()
}

#[tokio::test]
async fn every_variation_that_chatwoot_writes_can_be_applied() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/chatwoot/fixtures/webhooks");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the fixtures are where this test looks");
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let read = |file| std::fs::read_to_string(file).unwrap();
    let all = files.iter().zip(1..).map(|(file, n)| delivery(&account, &read(file), n)).collect();
    apply(&world.store, &world.bus, vec![all]).await;
}
