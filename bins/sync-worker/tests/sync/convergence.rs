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

use std::collections::BTreeMap;

use crate::support::history::Life;
use crate::support::memory::Memory;
use crate::support::telling::{
    Lived, account, apply, each_history, fresh, history, planned, runner,
};
use crate::support::truth::{self, Columns, is_deleted, otherwise};
use crate::support::{State, assert_same, delivery, state};
use bus::Delivery;
use proptest::prelude::*;
use serde_json::{Value, json};
use sync_worker::Plan;
use testkit::World;

/// Which of its histories failed.
const KEPT: &str = "convergence.txt";

#[test]
fn any_order_of_thousands_of_histories_comes_to_the_same() {
    each_history("CONVERGENCE_HISTORIES", 2_000, KEPT, |history| {
        let Lived { life, bodies, memory: expected } = history.lived();
        assert_true(&life, &Rows::of_memory(&expected));
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
        let Lived { life, bodies, .. } = history.lived();
        let deliver = |which: usize, n: u64| delivery(&account(), &bodies[which], n);
        runtime.block_on(async {
            for (_, config) in &databases {
                empty(config).await;
            }
            let in_order = (0..bodies.len()).zip(1..).map(|(i, n)| deliver(i, n)).collect();
            apply(first, &world.bus, vec![in_order]).await;
            let expected = state(first_config).await;
            assert_true(&life, &Rows::of_state(&expected));

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

/// Rows by their numbers in Chatwoot.
struct Rows {
    conversations: BTreeMap<i64, Value>,
    messages: BTreeMap<i64, Value>,
    contacts: BTreeMap<i64, Value>,
}

impl Rows {
    fn of_state(state: &State) -> Self {
        let numbered = |table: &str, number: &str| {
            let rows = state[table].iter();
            rows.map(|row| (row[number].as_i64().unwrap(), row.clone())).collect()
        };
        Self {
            conversations: numbered("conversations", "display_id"),
            messages: numbered("messages", "chatwoot_id"),
            contacts: numbered("contacts", "chatwoot_id"),
        }
    }

    /// A snapshot has the columns of its row by their names.
    fn of_memory(memory: &Memory) -> Self {
        let conversations = memory.conversations.values().map(|one| {
            let mut row = json!(one.state);
            row["created_at"] = json!(one.created_at);
            row["last_activity_at"] = json!(one.last_activity_at);
            row["agent_last_seen_at"] = json!(one.agent_last_seen_at);
            row["contact_last_seen_at"] = json!(one.contact_last_seen_at);
            (one.display_id, row)
        });
        let messages = memory.messages.values().map(|one| {
            let mut row = json!(one.state);
            row["created_at"] = json!(one.created_at);
            row["deleted"] = json!(one.deleted);
            (one.chatwoot_id, row)
        });
        let contacts = memory.contacts.values().map(|one| {
            let mut row = json!(one.state);
            row["blocked"] = json!(one.state.blocked);
            (one.chatwoot_id, row)
        });
        Self {
            conversations: conversations.collect(),
            messages: messages.collect(),
            contacts: contacts.collect(),
        }
    }
}

/// What must be true of the rows whatever the order: they are what Chatwoot has.
fn assert_true(life: &Life, rows: &Rows) {
    let (mut messages, sim) = (0, &life.sim);
    for number in life.conversations() {
        let has = sim.conversation(1, *number).unwrap();
        assert_row(&rows.conversations, &has, &truth::conversation(&has));
        let person = sim.contact_of(1, *number).unwrap();
        assert_row(&rows.contacts, &person, &truth::contact(&person));
        let told = sim.messages(1, *number).unwrap().into_iter();
        for has in told.filter(|message| message["message_type"] != 2) {
            messages += 1;
            let mut must = truth::message(&has);
            if !life.is_dated(has["id"].as_i64().unwrap()) {
                must.remove("content_attributes");
            }
            let row = assert_row(&rows.messages, &has, &must);
            // Of an answer it shows in any case that it is the newer one.
            let answers = |of: &Value| of["content_attributes"]["submitted_values"].clone();
            assert!(is_deleted(&has) || answers(row) == answers(&has), "{row} of {has}");
        }
    }
    // Each conversation is with somebody of its own.
    let all = life.conversations().len();
    let counted = (rows.conversations.len(), rows.contacts.len(), rows.messages.len());
    assert_eq!(counted, (all, all, messages));
}

fn assert_row<'r>(rows: &'r BTreeMap<i64, Value>, has: &Value, must: &Columns) -> &'r Value {
    let row = rows.get(&has["id"].as_i64().unwrap()).unwrap_or(&Value::Null);
    assert_eq!(otherwise(row, must), [""; 0], "{row} of {has}");
    row
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
