//! Any order of the same events, with repetitions, ends in the same rows (P2, P3), and those rows
//! are what Chatwoot has.
//!
//! Thousands of histories are told to a model that knows only the joins, some of them to real
//! databases. More of them, or those of another seed:
//!
//! ```text
//! CONVERGENCE_HISTORIES=5000 CONVERGENCE_CASES=100 CONVERGENCE_SEED=7 \
//!   cargo test -p sync-worker --test sync convergence
//! ```
//!
//! A history that failed is kept in `proptest-regressions/convergence.txt` and tried first.

use crate::support::memory::Memory;
use crate::support::telling::{account, apply, each_history, fresh, history, planned, runner};
use crate::support::{State, assert_same, delivery, state};
use bus::Delivery;
use chatwoot_sim::Sim;
use proptest::prelude::*;
use serde_json::{Value, json};
use sync_worker::Plan;
use testkit::World;

/// Which of its histories failed.
const KEPT: &str = "convergence.txt";

#[test]
fn any_order_of_thousands_of_histories_comes_to_the_same() {
    each_history("CONVERGENCE_HISTORIES", 2_000, KEPT, |history| {
        let (sim, bodies, expected) = history.lived();
        assert_true_of(&sim, &expected);
        let plans: Vec<Plan> =
            bodies.iter().zip(1_000..).map(|(body, n)| planned(body, n)).collect();
        let mut memory = Memory::default();
        for which in history.shuffled(plans.len()) {
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
}

/// A history told to three databases: in order, shuffled with repetitions in parts of any size, and
/// by two workers from both ends at once.
#[test]
fn every_telling_of_a_history_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (world, databases) = runtime
        .block_on(async { (World::start().await, [fresh().await, fresh().await, fresh().await]) });
    let [(first, first_config), (second, second_config), (third, third_config)] = &databases;
    let outcome = runner("CONVERGENCE_CASES", 12, KEPT).run(&history(), |history| {
        let (sim, bodies, _) = history.lived();
        let deliver = |which: usize, n: u64| delivery(&account(), &bodies[which], n);
        runtime.block_on(async {
            for (_, config) in &databases {
                empty(config).await;
            }
            let in_order = (0..bodies.len()).zip(1..).map(|(i, n)| deliver(i, n)).collect();
            apply(first, &world.bus, vec![in_order]).await;
            let expected = state(first_config).await;
            assert_true(&sim, &expected);

            let order = history.shuffled(bodies.len()).into_iter().zip(1_000..);
            let parts = history.parts(order.map(|(i, n)| deliver(i, n)).collect());
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

async fn empty(config: &store::Config) {
    let tables = "contacts, conversations, messages, activities, webhook_events";
    crate::support::execute(config, &format!("truncate {tables} cascade")).await;
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
