//! Who is killed, frozen or restarted, and when.
//!
//! Three hands do it at the same time, each to targets of its own, so that faults overlap: a worker
//! that is frozen while the database restarts is taken over by another, and wakes up later.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use servers::Nats;
use tokio::time::Instant;

use crate::rig::{Layout, Rig, Slot};

/// Milliseconds between two faults of one hand.
const PAUSE: std::ops::Range<u64> = 200..1_500;
/// Milliseconds that a killed one is away.
const DEAD: std::ops::Range<u64> = 0..2_000;
/// Milliseconds that a frozen one is away: longer than an outcome takes to be looked up and a
/// reply to be sent again.
const FROZEN: std::ops::Range<u64> = 200..9_000;

/// Whom the hands for programs strike.
const INBOUND: [&str; 2] = ["webhook-receiver", "sync-worker"];
const OUTBOUND: [&str; 2] = ["outbound-worker", "api"];
/// So long a run strikes a program of each kind.
const LONG: Duration = Duration::from_mins(1);

/// What was done to whom.
#[derive(Debug, Clone)]
pub struct Fault {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub target: String,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Killed,
    Frozen,
    Restarted,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed => "killed",
            Self::Frozen => "frozen",
            Self::Restarted => "restarted",
        })
    }
}

/// What befalls a target next.
struct Fate {
    what: What,
    away: Duration,
}

impl Fate {
    fn draw(dice: &mut StdRng) -> Self {
        let what = [What::Killed, What::Killed, What::Frozen, What::Frozen, What::Restarted]
            [dice.random_range(0..5)];
        let away = match what {
            What::Killed => DEAD,
            What::Frozen => FROZEN,
            What::Restarted => 0..1,
        };
        Self { what, away: Duration::from_millis(dice.random_range(away)) }
    }
}

/// Does its worst for this long; afterwards nothing is frozen and everything is being started.
pub async fn run(rig: &Rig, seed: u64, length: Duration) -> Vec<Fault> {
    let until = Instant::now() + length;
    let timeline = Mutex::new(Vec::new());
    let dice = |hand: u64| StdRng::seed_from_u64(seed.rotate_left(16) ^ hand);
    let hands = async {
        tokio::join!(
            programs(rig, &INBOUND, dice(1), until, &timeline),
            programs(rig, &OUTBOUND, dice(2), until, &timeline),
            servers(rig, dice(3), until, &timeline),
        )
    };
    tokio::select! {
        _ = hands => {}
        () = rig.supervise() => {}
    }
    let mut timeline = timeline.into_inner().unwrap();
    timeline.sort_by_key(|fault| fault.from);
    for name in INBOUND.iter().chain(&OUTBOUND) {
        let was_struck = timeline.iter().any(|fault| fault.target.starts_with(name));
        assert!(was_struck || length < LONG, "nothing befell a {name}");
    }
    timeline
}

async fn programs(
    rig: &Rig,
    names: &[&str],
    mut dice: StdRng,
    until: Instant,
    timeline: &Mutex<Vec<Fault>>,
) {
    let targets: Vec<&Slot> = names.iter().flat_map(|name| rig.named(name)).collect();
    while pause(&mut dice, until).await {
        let target = targets[dice.random_range(0..targets.len())];
        let fate = Fate::draw(&mut dice);
        let from = Utc::now();
        let landed = match fate.what {
            What::Killed => target.kill(fate.away).await,
            What::Frozen => target.freeze(fate.away).await,
            What::Restarted => target.restart().await,
        };
        if landed {
            note(timeline, from, &target.name, fate.what);
        }
    }
}

async fn servers(rig: &Rig, mut dice: StdRng, until: Instant, timeline: &Mutex<Vec<Fault>>) {
    while pause(&mut dice, until).await {
        let fate = Fate::draw(&mut dice);
        let (database, leader) = (dice.random_bool(0.4), dice.random_bool(0.5));
        let any = dice.random_range(0..rig.nats.nodes().len());
        let from = Utc::now();
        if database {
            let postgres = &rig.postgres;
            match fate.what {
                What::Killed => {
                    postgres.kill().await.unwrap();
                    tokio::time::sleep(fate.away).await;
                    postgres.restart().await.unwrap();
                }
                What::Frozen => {
                    postgres.pause().await;
                    tokio::time::sleep(fate.away).await;
                    postgres.resume().await;
                }
                What::Restarted => postgres.restart().await.unwrap(),
            }
            note(timeline, from, "postgres", fate.what);
            continue;
        }
        let mut node = &rig.nats.nodes()[any];
        if leader && let Some(found) = leader_of_a_stream(rig, any).await {
            node = found;
        }
        strike(node, &fate).await;
        note(timeline, from, &format!("nats {}", node.name()), fate.what);
        if rig.layout == Layout::Cluster {
            complete(rig).await;
        }
    }
}

async fn strike(node: &Nats, fate: &Fate) {
    match fate.what {
        What::Killed => {
            node.kill().await.unwrap();
            tokio::time::sleep(fate.away).await;
            node.restart().await.unwrap();
        }
        What::Frozen => {
            node.pause().await;
            tokio::time::sleep(fate.away).await;
            node.resume().await;
        }
        What::Restarted => node.restart().await.unwrap(),
    }
}

/// The node that leads one of the streams; none where nobody leads.
async fn leader_of_a_stream(rig: &Rig, which: usize) -> Option<&Nats> {
    let streams = ["INBOUND", "OUTBOUND", "ACTIVITY"];
    let leader = rig.bus.stream(streams[which % streams.len()]).await.ok()?.leader?;
    rig.nats.nodes().iter().find(|node| node.name() == leader)
}

/// Waits until every stream is on every node: one is away at a time.
async fn complete(rig: &Rig) {
    for stream in ["INBOUND", "OUTBOUND", "ACTIVITY", "DEAD_LETTER"] {
        testkit::eventually("the cluster is complete again", || async {
            let state = rig.bus.stream(stream).await;
            state.is_ok_and(|state| state.followers.iter().all(|node| node.current))
        })
        .await;
    }
}

/// Waits a little; whether there is time for one more.
async fn pause(dice: &mut StdRng, until: Instant) -> bool {
    let wait = Duration::from_millis(dice.random_range(PAUSE));
    tokio::time::sleep_until((Instant::now() + wait).min(until)).await;
    Instant::now() < until
}

fn note(timeline: &Mutex<Vec<Fault>>, from: DateTime<Utc>, target: &str, what: What) {
    let fault = Fault { from, to: Utc::now(), target: target.to_owned(), what };
    timeline.lock().unwrap().push(fault);
}
