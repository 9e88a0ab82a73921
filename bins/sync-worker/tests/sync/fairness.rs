//! One tenant's flood or fault does not delay another's work (P9).
//!
//! `FAIRNESS_EVENTS` sets the size of the flood; with `--nocapture` the latencies are shown, which a
//! test cannot judge: the machine may be busy.

use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::support::{connect, count, inbound};
use bus::{BusError, Consumer, TailStart, Tailed};
use chrono::Utc;
use domain::{AccountKey, TenantId};
use events::Envelope;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use sync_worker::{Config, SyncWorker};
use testkit::sqlx;
use testkit::{Account, World, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The `number`-th message of a customer, in a conversation for each ten of them.
fn message(account: &Account, number: u64) -> Envelope {
    let examples = chatwoot::examples();
    let example = examples.iter().find(|(name, _)| *name == "message_created").unwrap().1;
    let mut body: Value = serde_json::from_str(example).unwrap();
    body["id"] = json!(number);
    body["content"] = json!(format!("message {number}"));
    body["conversation"]["id"] = json!(number / 10 + 1);
    body["conversation"]["messages"] = json!([]);
    let body = body.to_string();
    let mut inbound = inbound(account, &body, number);
    inbound.received_at = Utc::now();
    inbound.envelope(body.into_bytes())
}

async fn publish(world: &World, account: &Account, numbers: std::ops::Range<u64>) {
    for start in numbers.clone().step_by(1000) {
        let some = start..numbers.end.min(start + 1000);
        let envelopes = some.map(|number| message(account, number)).collect();
        for published in world.bus.publisher().publish_all(envelopes).await {
            published.unwrap();
        }
    }
}

/// A worker in the background.
struct Working {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Working {
    async fn start(world: &World) -> Self {
        let health = service::Health::default();
        let (store, bus) = (world.store.clone(), world.bus.clone());
        let worker = SyncWorker::start(&Config::default(), store, bus, &health).await.unwrap();
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// What the screens are told.
struct Screens(Pin<Box<dyn Stream<Item = Result<Tailed, BusError>> + Send>>);

impl Screens {
    fn watch(world: &World) -> Self {
        Self(Box::pin(world.bus.tail_activity(TailStart::After(0))))
    }

    /// Waits until `tenant` was told `expected` things; how much others were told before the last.
    async fn tell(&mut self, tenant: &TenantId, expected: usize) -> usize {
        let (mut told, mut others) = (0, 0);
        while told < expected {
            let next = tokio::time::timeout(Duration::from_mins(2), self.0.next()).await;
            let next = next.unwrap().unwrap().unwrap();
            if events::subject::tenant(&next.subject).as_ref() == Some(tenant) {
                told += 1;
            } else {
                others += 1;
            }
        }
        others
    }
}

async fn all_settled(world: &World) {
    eventually("everything is settled", async || {
        world.bus.unsettled(Consumer::SyncWorker).await.unwrap() == 0
    })
    .await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// How long each of some messages, one after the other, takes to the screens.
async fn latencies(
    world: &World,
    screens: &mut Screens,
    account: &Account,
    numbers: std::ops::Range<u64>,
) -> Duration {
    let mut times = Vec::new();
    for number in numbers {
        let envelope = message(account, number);
        let sent = Instant::now();
        world.bus.publisher().publish(envelope).await.unwrap();
        screens.tell(&account.tenant, 1).await;
        times.push(sent.elapsed());
    }
    median(times)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_events_do_not_wait_for_anothers_flood() {
    let asked_for = std::env::var("FAIRNESS_EVENTS").ok().and_then(|count| count.parse().ok());
    let flood: u64 = asked_for.unwrap_or(3000);
    let world = World::start().await;
    let (loud, quiet) = (world.account("loud", 1).await, world.account("quiet", 2).await);
    let mut screens = Screens::watch(&world);
    let mut alone = Duration::ZERO;
    if asked_for.is_some() {
        let working = Working::start(&world).await;
        latencies(&world, &mut screens, &quiet, 300..320).await;
        alone = latencies(&world, &mut screens, &quiet, 400..600).await;
        working.stop().await;
    }
    // In the stream all of the flood comes first.
    publish(&world, &loud, 0..flood).await;
    publish(&world, &quiet, 0..50).await;
    let working = Working::start(&world).await;
    let before = screens.tell(&quiet.tenant, 50).await;
    println!("{before} of {flood} events of the flood were told before 50 that were sent after it");
    assert!(before < usize::try_from(flood).unwrap() / 2, "{before} of the flood came first");
    if asked_for.is_some() {
        let during = latencies(&world, &mut screens, &quiet, 100..300).await;
        let left = world.bus.unsettled(Consumer::SyncWorker).await.unwrap();
        let ratio = during.as_secs_f64() / alone.as_secs_f64();
        println!(
            "median {during:?} in the flood (of which {left} were left), {alone:?} without: {ratio:.2}"
        );
    }
    all_settled(&world).await;
    let rows = count(
        &world.store_config,
        "messages m join tenants t on t.id = m.tenant_id where t.id = 'loud'",
    );
    assert_eq!(rows.await, i64::try_from(flood).unwrap());
    working.stop().await;
}

/// Two tenants and a worker; the conversation that one of them has is locked until its holder goes
/// back.
struct Locked {
    world: World,
    stuck: Account,
    other: Account,
    screens: Screens,
    working: Working,
    holder: sqlx::PgConnection,
}

impl Locked {
    async fn start() -> Self {
        let world = World::start().await;
        let (stuck, other) = (world.account("stuck", 1).await, world.account("other", 2).await);
        let mut screens = Screens::watch(&world);
        let working = Working::start(&world).await;
        publish(&world, &stuck, 0..1).await;
        screens.tell(&stuck.tenant, 1).await;

        let mut holder = connect(&world.store_config).await;
        sqlx::query("begin").execute(&mut holder).await.unwrap();
        let statement = "select from conversations where tenant_id = 'stuck' for update";
        sqlx::query(statement).fetch_all(&mut holder).await.unwrap();
        Self { world, stuck, other, screens, working, holder }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_rows_are_locked_holds_up_nobody() {
    let Locked { world, stuck, other, mut screens, working, mut holder } = Locked::start().await;
    // Few at first, which travel with others', then many.
    for number in 0..20 {
        publish(&world, &stuck, 1 + number..2 + number).await;
        publish(&world, &other, number..number + 1).await;
    }
    publish(&world, &stuck, 21..1000).await;
    publish(&world, &other, 20..100).await;
    screens.tell(&other.tenant, 100).await;
    // What the lock holds is the first conversation's; it is still to come.
    assert_eq!(count(&world.store_config, "messages where tenant_id = 'other'").await, 100);
    assert_eq!(
        count(
            &world.store_config,
            "messages where conversation_id in (select id from
        conversations where tenant_id = 'stuck' and display_id = 1)"
        )
        .await,
        1
    );
    sqlx::query("rollback").execute(&mut holder).await.unwrap();
    eventually("the lock's owner has everything", async || {
        count(&world.store_config, "messages where tenant_id = 'stuck'").await == 1000
    })
    .await;
    working.stop().await;
}

/// Returns as soon as somebody waits for a lock: it is asked for without a pause.
async fn somebody_waits(observer: &mut sqlx::PgConnection) {
    let waiting = "select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()";
    loop {
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut *observer).await.unwrap();
        if waiting > 0 {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_event_does_not_wait_for_the_end_of_a_stuck_transaction() {
    let Locked { world, stuck, other, mut screens, working, mut holder } = Locked::start().await;
    let mut observer = connect(&world.store_config).await;
    publish(&world, &other, 0..1).await;
    screens.tell(&other.tenant, 1).await;
    publish(&world, &stuck, 1..2).await;
    let stuck_since_before = "select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()
          and xact_start < (select max(processed_at) from webhook_events where tenant_id = 'other')";
    let mut stuck_then = 0;
    // One that is stuck is given up after some seconds, which are soon over on a busy machine, and begins again.
    for number in 1..=3 {
        // With its lane made, its next event comes while those behind the stuck one still gather.
        tokio::time::timeout(Duration::from_mins(2), somebody_waits(&mut observer)).await.unwrap();
        publish(&world, &other, number..number + 1).await;
        screens.tell(&other.tenant, 1).await;
        stuck_then = sqlx::query_scalar(stuck_since_before).fetch_one(&mut observer).await.unwrap();
        if stuck_then == 1 {
            break;
        }
    }
    assert_eq!(stuck_then, 1_i64, "the other transaction has ended meanwhile, each time");
    sqlx::query("rollback").execute(&mut holder).await.unwrap();
    screens.tell(&stuck.tenant, 1).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_poison_holds_up_nobody() {
    const POISON: u64 = 300;
    let world = World::start().await;
    let good = world.account("good", 1).await;
    // Nothing of an account that the database does not know can be written.
    let poisoned = Account { key: AccountKey::generate(), ..world.account("bad", 2).await };
    let mut screens = Screens::watch(&world);
    publish(&world, &poisoned, 0..POISON).await;
    publish(&world, &good, 0..50).await;
    let working = Working::start(&world).await;
    screens.tell(&good.tenant, 50).await;
    let letters = world.bus.dead_letters();
    let dead = letters.count().await.unwrap();
    assert!(dead < POISON, "all of the poison was dealt with first");
    eventually("the poison is with the dead letters", async || {
        letters.count().await.unwrap() == POISON
    })
    .await;
    assert_eq!(count(&world.store_config, "messages").await, 50);
    working.stop().await;
}
