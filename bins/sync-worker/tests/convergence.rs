//! Any order of the same events, with repetitions, ends in the same rows (P2, P3), and those rows
//! are what Chatwoot has.

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::{Arc, Mutex};

use bus::{Bus, Delivery, Handler};
use chatwoot_sim::{Options, Sim};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use store::Store;
use support::{State, assert_same, delivery, state};
use sync_worker::Sync;
use testkit::Account;
use tokio_util::sync::CancellationToken;

/// One thing that happens in Chatwoot; the numbers choose whom and what.
#[derive(Debug, Clone)]
enum Step {
    CustomerWrites(Index),
    AgentWrites(Index),
    AgentNotes(Index),
    Status(Index, &'static str),
    Labels(Index, Vec<&'static str>),
    Rename(Index, String),
    Delete(Index),
    Report(Index, &'static str),
    Widget(Index),
    Type(Index, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    let status = prop::sample::select(vec!["open", "resolved", "pending", "snoozed"]);
    let report = prop::sample::select(vec!["sent", "delivered", "read", "failed"]);
    let labels = prop::sample::subsequence(vec!["billing", "bug", "vip"], 0..=3);
    prop_oneof![
        4 => which().prop_map(Step::CustomerWrites),
        3 => which().prop_map(Step::AgentWrites),
        1 => which().prop_map(Step::AgentNotes),
        3 => (which(), status).prop_map(|(w, s)| Step::Status(w, s)),
        2 => (which(), labels).prop_map(|(w, l)| Step::Labels(w, l)),
        1 => (which(), "[A-Z][a-z]{2,8}").prop_map(|(w, n)| Step::Rename(w, n)),
        2 => which().prop_map(Step::Delete),
        3 => (which(), report).prop_map(|(w, r)| Step::Report(w, r)),
        1 => which().prop_map(Step::Widget),
        1 => (which(), any::<bool>()).prop_map(|(w, on)| Step::Type(w, on)),
    ]
}

/// Lets the steps happen and gives back every body that was sent, in the order of arrival.
async fn live(steps: &[Step]) -> (Sim, Vec<String>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let sink = bodies.clone();
    let receiver = axum::Router::new().fallback(async move |body: String| {
        sink.lock().unwrap().push(body);
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, receiver).await });

    let options = Options { webhook_urls: vec![url], ..Options::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shutdown = CancellationToken::new();
    let _stop = shutdown.clone().drop_guard();
    let sim = Sim::start(options, listener, shutdown).await.unwrap().sim;
    let mut messages = Vec::new();
    let conversations: Vec<i64> = (0..3)
        .map(|n| {
            let (conversation, message) = sim.start_conversation(1, &format!("hello {n}")).unwrap();
            messages.push((conversation, message));
            conversation
        })
        .collect();
    for (number, step) in steps.iter().enumerate() {
        happen(&sim, step, number, &conversations, &mut messages);
        // Let some bodies be built before the next step and some after it.
        if number % 3 == 0 {
            sim.settled().await;
        }
    }
    sim.settled().await;
    let bodies = bodies.lock().unwrap().clone();
    (sim, bodies)
}

fn happen(
    sim: &Sim,
    step: &Step,
    number: usize,
    conversations: &[i64],
    messages: &mut Vec<(i64, i64)>,
) {
    let place = |which: &Index| *which.get(conversations);
    match step {
        Step::CustomerWrites(w) => {
            let text = format!("question {number}");
            messages.push((place(w), sim.customer_writes(1, place(w), &text).unwrap()));
        }
        Step::AgentWrites(w) => {
            let text = format!("answer {number}");
            messages.push((place(w), sim.agent_writes(1, place(w), &text).unwrap()));
        }
        Step::AgentNotes(w) => {
            let text = format!("note {number}");
            messages.push((place(w), sim.agent_notes(1, place(w), &text).unwrap()));
        }
        Step::Status(w, status) => sim.agent_sets_status(1, place(w), status).unwrap(),
        Step::Labels(w, labels) => sim.agent_sets_labels(1, place(w), labels).unwrap(),
        Step::Rename(w, name) => {
            let contact = sim.contact_of(1, place(w)).unwrap();
            sim.rename_contact(1, contact["id"].as_i64().unwrap(), name).unwrap();
        }
        Step::Delete(w) => {
            let (conversation, message) = *w.get(messages);
            sim.delete_message(1, conversation, message).unwrap();
        }
        Step::Report(w, status) => {
            let (conversation, message) = *w.get(messages);
            let error = (*status == "failed").then_some("the provider said no");
            sim.set_message_status(1, conversation, message, status, error).unwrap();
        }
        Step::Widget(w) => sim.widget_opened(1, place(w)).unwrap(),
        Step::Type(w, on) => sim.customer_types(1, place(w), *on).unwrap(),
    }
}

async fn apply(store: &Store, bus: &Bus, batches: Vec<Vec<Delivery>>) {
    let handler = Sync::new(store.clone(), bus.publisher());
    for batch in batches {
        for outcome in handler.handle(batch).await {
            outcome.unwrap();
        }
    }
}

/// A database with the account, which has the same key in each, so that derived ids can be compared.
async fn fresh() -> (Store, store::Config, Account) {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    let account = testkit::account(&store, "acme", 1, testkit::BASE_URL, "token").await;
    let key = domain::AccountKey(uuid::Uuid::from_u128(7));
    support::execute(&config, &format!("update chatwoot_accounts set id = '{key}'")).await;
    (store, config, Account { key, ..account })
}

/// What must be true of the rows whatever the order: they are what Chatwoot has.
fn assert_true(sim: &Sim, found: &State) {
    for row in &found["conversations"] {
        let truth = sim.conversation(1, row["display_id"].as_i64().unwrap()).unwrap();
        assert_eq!(row["status"], truth["status"], "{truth}");
        let mut labels: Vec<Value> = truth["labels"].as_array().unwrap().clone();
        labels.sort_by_key(Value::to_string);
        assert_eq!(row["labels"], Value::from(labels), "{truth}");
    }
    let told: Vec<Value> = found["conversations"]
        .iter()
        .flat_map(|row| sim.messages(1, row["display_id"].as_i64().unwrap()).unwrap())
        .filter(|message| message["message_type"] != 2)
        .collect();
    assert_eq!(found["messages"].len(), told.len());
    for truth in told {
        let row = found["messages"].iter().find(|row| row["chatwoot_id"] == truth["id"]).unwrap();
        let deleted = truth["content_attributes"]["deleted"] == true;
        assert_eq!(row["deleted"], deleted, "{truth}");
        assert_eq!(row["content"], truth["content"], "{truth}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("CONVERGENCE_CASES").map_or(8, |cases| cases.parse().unwrap()),
        max_shrink_iters: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// A history lived in the stand-in, then told to three databases: in order, shuffled with
    /// repetitions in batches of any size, and by two workers from both ends at once.
    #[test]
    fn every_telling_of_a_history_ends_in_the_same_rows(
        steps in proptest::collection::vec(step(), 5..25),
        shuffle in proptest::collection::vec((any::<Index>(), 1usize..12), 60..200),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let world = testkit::World::start().await;
            let bus = &world.bus;
            let (sim, bodies) = live(&steps).await;

            let (store, config, account) = fresh().await;
            let in_order: Vec<_> =
                bodies.iter().zip(1..).map(|(body, n)| delivery(&account, body, n)).collect();
            apply(&store, bus, vec![in_order]).await;
            let expected = state(&config).await;
            assert_true(&sim, &expected);

            let (store, config, account) = fresh().await;
            let mut order: Vec<usize> = shuffle.iter().map(|(i, _)| i.index(bodies.len())).collect();
            order.extend((0..bodies.len()).rev());
            let mut shuffled =
                order.iter().zip(1..).map(|(&i, n)| delivery(&account, &bodies[i], n));
            let sizes = shuffle.iter().map(|(_, size)| *size).chain(std::iter::repeat(7));
            let batches: Vec<Vec<_>> = sizes
                .map(|size| shuffled.by_ref().take(size).collect::<Vec<_>>())
                .take_while(|batch| !batch.is_empty())
                .collect();
            apply(&store, bus, batches).await;
            assert_same(&expected, &state(&config).await);

            let (store, config, account) = fresh().await;
            let singly = |bodies: &mut dyn Iterator<Item = &String>| -> Vec<Vec<Delivery>> {
                bodies.zip(1..).map(|(body, n)| vec![delivery(&account, body, n)]).collect()
            };
            let (there, back) = (singly(&mut bodies.iter()), singly(&mut bodies.iter().rev()));
            tokio::join!(apply(&store, bus, there), apply(&store, bus, back));
            assert_same(&expected, &state(&config).await);
        });
    }
}

#[tokio::test]
async fn every_variation_that_chatwoot_writes_can_be_applied() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/chatwoot/fixtures/webhooks");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the fixtures are where this test looks");
    let world = testkit::World::start().await;
    let account = world.account("acme", 1).await;
    let read = |file| std::fs::read_to_string(file).unwrap();
    let all = files.iter().zip(1..).map(|(file, n)| delivery(&account, &read(file), n)).collect();
    apply(&world.store, &world.bus, vec![all]).await;
}
