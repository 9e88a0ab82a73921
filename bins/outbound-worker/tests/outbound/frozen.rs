//! A worker that is frozen in the middle of a send, while the servers around it restart.
//!
//! `FROZEN_ROUNDS` says how often each order is tried.

use std::time::Duration;

use chatwoot_sim::Millis;
use store::Store;
use testkit::{Postgres, Program, eventually};

use crate::stage::Stage;

/// What happens while the worker is frozen, or in the last moment of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    PostgresRestarts,
    PostgresDies,
    PostgresFreezes,
    PostgresGoesOn,
    NatsRestarts,
    NatsDies,
    WorkerGoesOn,
}

use Event::{
    NatsDies, NatsRestarts, PostgresDies, PostgresFreezes, PostgresGoesOn, PostgresRestarts,
    WorkerGoesOn,
};

/// Orders in which it goes on at the end, or before everything is back.
const ORDERS: [&[Event]; 9] = [
    &[PostgresRestarts, WorkerGoesOn],
    &[NatsRestarts, WorkerGoesOn],
    &[PostgresRestarts, NatsRestarts, WorkerGoesOn],
    &[NatsRestarts, PostgresRestarts, WorkerGoesOn],
    &[PostgresDies, NatsDies, WorkerGoesOn, NatsRestarts, PostgresRestarts],
    &[NatsDies, PostgresDies, WorkerGoesOn, PostgresRestarts, NatsRestarts],
    &[PostgresDies, PostgresRestarts, WorkerGoesOn, PostgresDies, PostgresRestarts],
    &[PostgresFreezes, WorkerGoesOn, NatsRestarts, PostgresGoesOn],
    &[PostgresFreezes, WorkerGoesOn, PostgresDies, PostgresRestarts, NatsRestarts],
];

const CONVERSATIONS: usize = 4;
const REPLIES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_worker_frozen_while_servers_restart_goes_on_and_sends_once() {
    let rounds = std::env::var("FROZEN_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let (mut stage, postgres) = Stage::alone().await;
    let settings = stage.environment();
    let mut settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    settings.extend([
        ("ABSENCE_SECONDS", "2"),
        ("CHATWOOT_TIMEOUT_SECONDS", "1"),
        ("OUTBOUND_ATTEMPTS", "100"),
        ("OUTBOUND_RETRY_FIRST_MS", "50"),
        ("OUTBOUND_RETRY_LONGEST_SECONDS", "1"),
    ]);
    let worker = Program::start("outbound-worker", &settings).await;
    for round in 0..rounds {
        for order in ORDERS {
            eprintln!("{round}: {order:?}");
            freeze(&mut stage, &postgres, &worker, order).await;
        }
    }
}

async fn freeze(stage: &mut Stage, postgres: &Postgres, worker: &Program, order: &[Event]) {
    let chatwoot = stage.chatwoot("acme").await;
    let is_slow = |stall| {
        chatwoot.fails_to_create(|rest| {
            rest.latency_ms = Millis::between(100, 900);
            rest.stall = stall;
        });
    };
    // None is over before the worker is frozen, however long writing them takes.
    is_slow(true);
    let (mut places, mut written) = (Vec::new(), Vec::new());
    for _ in 0..CONVERSATIONS {
        places.push(stage.conversation(&chatwoot).await);
    }
    let texts: Vec<String> = (0..REPLIES).map(|number| format!("reply {number}")).collect();
    for text in &texts {
        for place in &places {
            written.push(stage.write(&chatwoot, place, text).await);
        }
    }
    eventually("tries are under way", || async { stage.trying().await >= 2 }).await;
    worker.pause();
    is_slow(false);
    for event in order {
        match event {
            PostgresRestarts => postgres.restart().await.unwrap(),
            PostgresDies => postgres.kill().await.unwrap(),
            PostgresFreezes => postgres.pause().await,
            PostgresGoesOn => postgres.resume().await,
            NatsRestarts => stage.world.nats.restart().await.unwrap(),
            NatsDies => stage.world.nats.kill().await.unwrap(),
            WorkerGoesOn => {
                worker.resume();
                // So that it meets what is away, or comes as late as a request may take.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }
    // The test's own connections are gone too.
    stage.world.store = Store::connect(&stage.world.store_config, "test").unwrap();
    eventually("NATS is back", || async { stage.world.bus.connected() }).await;
    let mut waiting = stage.waiting().await;
    while waiting > 0 {
        let log = worker.log().display();
        eventually(&format!("one more is settled; the log is {log}"), || async {
            stage.waiting().await < waiting
        })
        .await;
        waiting = stage.waiting().await;
    }
    stage.all_settled().await;
    for place in &places {
        assert_eq!(chatwoot.texts(place), texts, "once and in order");
    }
    for reply in written {
        assert_eq!(stage.row(reply).await.state, "sent");
    }
}
