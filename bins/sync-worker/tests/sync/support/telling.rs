//! Histories, and the many ways in which they may be told.

use bus::{Bus, Delivery, Handler};
use domain::Version;
use events::Announcement;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{
    FileFailurePersistence, RngAlgorithm, TestCaseResult, TestRng, TestRunner,
};
use serde_json::{Value, json};
use store::Store;
use sync_worker::{InboundHandler, Plan, plan};
use testkit::{Account, World};

use super::history::{Life, Step, contact_read, conversation_read, step};
use super::memory::Memory;
use super::{execute, inbound};

/// What becomes of the bodies that wait.
#[derive(Debug, Clone)]
enum Told {
    /// They wait longer: they are built from a later state.
    Later,
    /// They are sent.
    Now,
    /// They are sent, one of a conversation's changes without saying what changed.
    Bare(Index),
    /// They are lost.
    Never,
    /// They are sent, and a conversation is read.
    Read(Index),
}

/// What happens, and a second way to tell it.
#[derive(Debug, Clone)]
pub struct History {
    steps: Vec<(Step, Told)>,
    /// The order of a second telling, with repetitions, and in how large parts.
    order: Vec<(Index, usize)>,
}

pub fn history() -> impl Strategy<Value = History> {
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

impl History {
    /// The order of a second telling of so many bodies: each at least once.
    pub fn shuffled(&self, count: usize) -> Vec<usize> {
        let order = self.order.iter().map(|(which, _)| which.index(count));
        order.chain((0..count).rev()).collect()
    }

    /// What is told, in parts of any size.
    pub fn parts<T>(&self, told: Vec<T>) -> Vec<Vec<T>> {
        let sizes = self.order.iter().map(|(_, size)| *size).chain(std::iter::repeat(20));
        let mut told = told.into_iter();
        sizes
            .map(|size| told.by_ref().take(size).collect::<Vec<_>>())
            .take_while(|part| !part.is_empty())
            .collect()
    }

    /// Lives it. If something was lost, everything is read in the end.
    pub fn lived(&self) -> Lived {
        let mut life = Life::untold();
        let (mut bodies, mut memory) = (Vec::new(), Memory::default());
        for (number, (step, told)) in self.steps.iter().enumerate() {
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
                    // A contact's always says it.
                    let names = body["event"].as_str().unwrap().starts_with("conversation_");
                    if names && body.get("changed_attributes").is_some() {
                        body["changed_attributes"] = Value::Null;
                    }
                    built[bare] = body.to_string();
                }
                _ => {}
            }
            hear(&mut memory, &mut bodies, built);
            if let Told::Read(which) = told {
                let read = read(&life, &memory, *which.get(life.conversations()));
                hear(&mut memory, &mut bodies, vec![read]);
            }
        }
        let rest = life.sim.bodies();
        hear(&mut memory, &mut bodies, rest);
        if self.steps.iter().any(|(_, told)| matches!(told, Told::Never)) {
            for conversation in life.conversations() {
                let read = read(&life, &memory, *conversation);
                hear(&mut memory, &mut bodies, vec![read]);
                let read = contact_of(&life, &memory, *conversation);
                hear(&mut memory, &mut bodies, vec![read]);
            }
            life.is_known();
        }
        Lived { life, bodies, memory }
    }
}

/// What came of a history.
pub struct Lived {
    /// What Chatwoot has in the end.
    pub life: Life,
    /// Every body, in order.
    pub bodies: Vec<String>,
    /// What they amount to.
    pub memory: Memory,
}

pub fn account() -> Account {
    let key = domain::AccountKey(uuid::Uuid::from_u128(7));
    Account { key, tenant: "acme".parse().unwrap(), number: 1 }
}

pub fn planned(body: &str, sequence: u64) -> Plan {
    plan(&inbound(&account(), body, sequence), body.as_bytes()).unwrap()
}

fn hear(memory: &mut Memory, bodies: &mut Vec<String>, built: Vec<String>) {
    for body in built {
        bodies.push(body);
        let number = bodies.len() as u64;
        memory.apply(&planned(&bodies[bodies.len() - 1], number));
    }
}

/// What the reconciler would publish, had it found every row different.
fn read(life: &Life, memory: &Memory, conversation: i64) -> String {
    let key = account().key;
    conversation_read(&life.sim, conversation, |message| {
        over(match message {
            None => memory.conversations.get(&(key, conversation)).map(|row| row.version),
            Some(number) => memory.messages.get(&(key, number)).map(|row| row.version),
        })
    })
}

/// The same of who the conversation is with.
fn contact_of(life: &Life, memory: &Memory, conversation: i64) -> String {
    let row = |number| memory.contacts.get(&(account().key, number));
    contact_read(&life.sim, conversation, |number| over(row(number).map(|row| row.version)))
}

/// What a row was like that shows this version, or that there was none.
fn over(version: Option<Version>) -> Value {
    version.map_or(json!({ "missing": true }), |version| json!({ "over": version }))
}

/// A runner of as many cases as the variable `count` says, from the seed of the environment or one
/// that it prints. What failed is kept in this file of `proptest-regressions/` and tried first.
pub fn runner(count: &str, default: u32, kept: &str) -> TestRunner {
    let (cases, seed) = wanted(count, default);
    part(cases, seed, 0, kept)
}

/// Tells so many histories, in parts at once. Their number is always the same, so that a seed means the
/// same histories on any machine.
pub fn each_history(
    count: &str,
    default: u32,
    kept: &str,
    tell: impl Fn(History) -> TestCaseResult + Sync,
) {
    const PARTS: u32 = 4;
    let (cases, seed) = wanted(count, default);
    let run = &|number| {
        let mut runner = part(cases.div_ceil(PARTS), seed, number, kept);
        runner.run(&history(), &tell).map_err(|error| error.to_string())
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PARTS).map(|number| scope.spawn(move || run(number))).collect();
        for part in parts {
            let outcome = part.join().unwrap();
            assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        }
    });
}

/// How many, from which seed.
#[expect(clippy::print_stdout, reason = "the seed, for those who want the same histories")]
fn wanted(count: &str, default: u32) -> (u32, u64) {
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().unwrap());
    let seed = number("CONVERGENCE_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let cases = number(count).map_or(default, |count| count.try_into().unwrap());
    println!("{cases} histories, CONVERGENCE_SEED={seed}");
    (cases, seed)
}

fn part(cases: u32, seed: u64, number: u32, kept: &str) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..12].copy_from_slice(&number.to_be_bytes());
    let kept: &'static str = format!("proptest-regressions/{kept}").leak();
    let config = ProptestConfig {
        cases,
        max_shrink_iters: 100,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(kept))),
        ..ProptestConfig::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Hands over one part after the other.
pub async fn apply(store: &Store, bus: &Bus, parts: Vec<Vec<Delivery>>) {
    let handler = InboundHandler::new(store.clone(), bus.publisher());
    for part in parts {
        for outcome in handler.handle(part).await {
            outcome.unwrap();
        }
    }
}

/// All that was announced to the account's tenant, oldest first.
pub async fn heard(world: &World, account: &Account) -> Vec<Announcement> {
    let (_, last) = world.bus.activity_range().await.unwrap();
    let all = bus::Most::messages(10_000);
    let told = world.bus.read_activity(&account.tenant, 0, last, all).await.unwrap();
    let told = told.messages.iter().map(|one| serde_json::from_slice(&one.payload).unwrap());
    let named = told.inspect(|told: &Announcement| {
        // Whatever is told about a conversation, it says which one.
        let about = told.activity.about.as_ref();
        let number = about.and_then(|about| about.chatwoot_conversation_id);
        assert_eq!(number.is_some(), told.activity.conversation_id.is_some(), "{told:#?}");
    });
    named.collect()
}

/// A database with the account, which has the same key in each, so that derived ids can be compared.
pub async fn fresh() -> (Store, store::Config) {
    let config = testkit::database().await;
    let store = Store::connect(&config, "test").unwrap();
    take_in(&store, &config).await;
    (store, config)
}

/// Makes the account in a database that has none.
pub async fn take_in(store: &Store, config: &store::Config) {
    testkit::account(store, "acme", 1, testkit::BASE_URL, "token").await;
    let key = account().key;
    execute(config, &format!("update chatwoot_accounts set id = '{key}'")).await;
}
