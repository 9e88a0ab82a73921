//! Servers, programs, and a Chatwoot with several accounts of two tenants.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{Bus, BusError, streams};
use chatwoot_sim::{DeliveryOptions, Faults, Options, RestFaults, Rule, Scope, Shuffle, Sim};
use chatwoot_sim::{Millis, WebhookFaults};
use domain::{Role, Token, TokenKind};
use secrecy::ExposeSecret as _;
use servers::{Nats, NatsCluster, NatsOptions, Postgres};
use store::Store;
use store::api_keys::NewApiKey;
use testkit::{Account, Program, eventually, eventually_some, scratch};
use tokio::sync::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::balancer::Balancer;
use crate::installation::{Servers, TENANT, connect, known};

/// The accounts' numbers and tenants.
const ACCOUNTS: [(i64, &str); 3] = [(1, TENANT), (2, TENANT), (3, OTHER_TENANT)];
const OTHER_TENANT: &str = "another-tenant";

/// Short waits, so that a short run sees many tries.
const DELIVERY: [(&str, &str); 5] = [
    // Longer than this process, which has Chatwoot's place, may be kept from working on a busy machine.
    ("ABSENCE_SECONDS", "8"),
    ("CHATWOOT_TIMEOUT_SECONDS", "2"),
    ("OUTBOUND_RETRY_FIRST_MS", "200"),
    ("OUTBOUND_RETRY_LONGEST_SECONDS", "3"),
    ("OUTBOUND_ATTEMPTS", "100"),
];

/// How often the supervisor looks.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One NATS server.
    One,
    /// Three, and two receivers.
    Cluster,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "one NATS server",
            Self::Cluster => "a NATS cluster",
        })
    }
}

/// The NATS servers.
pub enum NatsServers {
    One(Nats),
    Cluster(NatsCluster),
}

impl NatsServers {
    async fn start(layout: Layout) -> Self {
        let options = NatsOptions::new(scratch("nats"));
        match layout {
            Layout::One => Self::One(Nats::start(options).await.unwrap()),
            Layout::Cluster => Self::Cluster(NatsCluster::start(options).await.unwrap()),
        }
    }

    pub fn nodes(&self) -> &[Nats] {
        match self {
            Self::One(nats) => std::slice::from_ref(nats),
            Self::Cluster(cluster) => cluster.nodes(),
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::One(nats) => nats.url().expose_secret(),
            Self::Cluster(cluster) => cluster.url().expose_secret(),
        }
    }
}

/// A program and whether it shall run. What ends by itself is started again, as by any supervisor.
pub struct Slot {
    pub name: String,
    pub url: String,
    pub log: PathBuf,
    wanted: AtomicBool,
    program: Mutex<Program>,
}

impl Slot {
    fn of(name: String, program: Program) -> Self {
        let (url, log) = (program.url(), program.log().to_owned());
        Self { name, url, log, wanted: AtomicBool::new(true), program: Mutex::new(program) }
    }

    /// SIGKILL, and a new start after a while. Returns whether it ran: it may have ended before, and not been started
    /// again yet.
    pub async fn kill(&self, away: Duration) -> bool {
        self.wanted.store(false, Ordering::Relaxed);
        let mut program = self.program.lock().await;
        let ran = !program.has_ended();
        if ran {
            program.kill().await;
        }
        drop(program);
        tokio::time::sleep(away).await;
        self.wanted.store(true, Ordering::Relaxed);
        ran
    }

    /// SIGSTOP, and SIGCONT after a while. Returns whether it ran.
    pub async fn freeze(&self, away: Duration) -> bool {
        let mut program = self.program.lock().await;
        let ran = !program.has_ended();
        program.pause();
        drop(program);
        tokio::time::sleep(away).await;
        self.program.lock().await.resume();
        ran
    }

    /// SIGTERM, and a new start. Returns whether it ran.
    pub async fn restart(&self) -> bool {
        self.wanted.store(false, Ordering::Relaxed);
        let mut program = self.program.lock().await;
        let ran = !program.has_ended();
        program.end().await;
        drop(program);
        self.wanted.store(true, Ordering::Relaxed);
        ran
    }

    fn supervise(&self) {
        // Somebody is doing something to it, and not for long.
        let Ok(mut program) = self.program.try_lock() else { return };
        if self.wanted.load(Ordering::Relaxed) && program.has_ended() {
            program.launch_again();
        }
    }
}

/// A tenant, and what lets its people into the API.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub name: String,
    pub token: String,
}

pub struct Rig {
    pub postgres: Postgres,
    pub nats: NatsServers,
    pub layout: Layout,
    pub bus: Bus,
    pub store_config: store::Config,
    pub sim: Sim,
    pub accounts: Vec<Account>,
    pub tenants: Vec<Tenant>,
    pub programs: Vec<Slot>,
    _balancer: Balancer,
    _simulated: DropGuard,
}

impl Rig {
    pub async fn start(seed: u64, layout: Layout) -> Self {
        let (nats, (postgres, store_config)) =
            tokio::join!(NatsServers::start(layout), testkit::postgres());
        let bus_config = bus::Config::to_url(nats.url());
        let bus = Bus::connect(&bus_config, "test").await.unwrap();
        let replicas = match layout {
            Layout::One => streams::Replicas::Keep,
            Layout::Cluster => streams::Replicas::Of(3),
        };
        // While the servers of a cluster elect a leader, none of them answers.
        eventually_some("the streams are made", || async {
            match streams::apply(&bus, replicas).await {
                Err(BusError::Unavailable(_)) => None,
                applied => Some(applied.unwrap()),
            }
        })
        .await;
        let store = Store::connect(&store_config, "test").unwrap();

        let (sim, chatwoot, simulated) = chatwoot(seed).await;
        let servers = Servers { bus: &bus_config, store: &store_config };
        let mut programs = Vec::new();
        let receivers = if layout == Layout::Cluster { 2 } else { 1 };
        for number in 1..=receivers {
            let receiver = servers.receiver(&[]).await;
            programs.push(Slot::of(format!("webhook-receiver {number}"), receiver));
        }
        for number in 1..=2 {
            let worker = servers.sync_worker(&[]).await;
            programs.push(Slot::of(format!("sync-worker {number}"), worker));
            let worker = servers.outbound_worker(&DELIVERY).await;
            programs.push(Slot::of(format!("outbound-worker {number}"), worker));
            let api = servers.api(&[("SSE_HEARTBEAT_SECONDS", "2")]).await;
            programs.push(Slot::of(format!("api {number}"), api));
        }

        let receivers: Vec<&Slot> = named(&programs, "webhook-receiver").collect();
        let addresses = receivers.iter().map(|slot| address(&slot.url)).collect();
        let balancer = Balancer::before(addresses).await;
        let mut accounts = Vec::new();
        for whose in ACCOUNTS {
            let whose = (whose.1, whose.0);
            let parts = (&store, &bus);
            let (account, webhook, _) =
                connect(parts, (&sim, &chatwoot), whose, &balancer.url).await;
            for receiver in &receivers {
                known(&webhook.replace(&balancer.url, &receiver.url)).await;
            }
            accounts.push(account);
        }
        let dev = Tenant { name: TENANT.to_owned(), token: "mock-token".to_owned() };
        let other = Tenant { name: OTHER_TENANT.to_owned(), token: key(&store).await };
        Self {
            postgres,
            nats,
            layout,
            bus,
            store_config,
            sim,
            accounts,
            tenants: vec![dev, other],
            programs,
            _balancer: balancer,
            _simulated: simulated,
        }
    }

    /// The tenant of an account.
    pub fn tenant_of(&self, account: &Account) -> &Tenant {
        let is_its = |tenant: &&Tenant| tenant.name == account.tenant.as_str();
        self.tenants.iter().find(is_its).expect("every account has a tenant")
    }

    /// The programs of this name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Slot> {
        named(&self.programs, name)
    }

    /// Starts again what ended; never returns.
    pub async fn supervise(&self) {
        loop {
            for slot in &self.programs {
                slot.supervise();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends Chatwoot's own faults and waits until everything is ready.
    pub async fn recover(&self) {
        self.sim.set_faults(Faults::default()).unwrap();
        let http = testkit::http();
        for slot in &self.programs {
            let url = format!("{}/ready", slot.url);
            let what = format!("{} is ready again; its log is {}", slot.name, slot.log.display());
            eventually(&what, || async {
                slot.supervise();
                let asked = http.get(&url).timeout(Duration::from_secs(5)).send().await;
                asked.is_ok_and(|answer| answer.status().is_success())
            })
            .await;
        }
        self.sim.settled().await;
    }

    /// Ends every program. Gives back those that did not end well.
    pub async fn stop(&self) -> Vec<String> {
        let mut unwell = Vec::new();
        for slot in &self.programs {
            if !slot.program.lock().await.end().await {
                unwell.push(slot.name.clone());
            }
        }
        unwell
    }
}

/// A key to the API for the tenant that the development token does not know.
async fn key(store: &Store) -> String {
    let tenant = OTHER_TENANT.parse().unwrap();
    let token = Token::generate(TokenKind::ApiKey);
    let key = NewApiKey {
        tenant: Some(&tenant),
        name: "agents",
        digest: token.digest(),
        permissions: Role::Admin.permissions(),
        created_by: "the fault run",
        expires_at: None,
    };
    let mut transaction = store.worker().await.unwrap();
    store::api_keys::create(&mut transaction, &key).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();
    token.expose().to_owned()
}

/// A Chatwoot that goes wrong by itself now and then, too.
async fn chatwoot(seed: u64) -> (Sim, String, DropGuard) {
    let delivery = DeliveryOptions {
        workers: 32,
        timeout: Duration::from_secs(3),
        log_capacity: usize::MAX,
        ..DeliveryOptions::default()
    };
    let accounts = ACCOUNTS.map(|(number, _)| number).to_vec();
    let options = Options { seed, accounts, delivery, ..Options::default() };
    let shutdown = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = Sim::start(options, listener, shutdown.clone()).await.unwrap();
    (running.sim.clone(), running.url(), shutdown.drop_guard())
}

/// What goes wrong in Chatwoot and on the way to and from it.
pub fn mishaps() -> Faults {
    let webhooks = WebhookFaults {
        duplicate: Rule::chance(0.05),
        redispatch: Rule::chance(0.05),
        shuffle: Shuffle { window: 4, hold_ms: 30 },
        ..WebhookFaults::default()
    };
    let rest = RestFaults {
        scope: Scope::MessageCreate,
        unavailable: Rule::chance(0.02),
        turned_away: Rule::chance(0.01),
        cut: Rule::chance(0.02),
        rate_limited: Rule::chance(0.01),
        stored_then_timeout: Rule::chance(0.02),
        stored_then_5xx: Rule::chance(0.02),
        stored_then_403: Rule::chance(0.01),
        stored_then_422: Rule::chance(0.02),
        stored_then_cut: Rule::chance(0.02),
        stored_late: Rule::chance(0.02),
        // Over before absence may be believed, three seconds after a try has ended.
        stored_late_ms: Millis::between(500, 2_500),
        timeout_ms: 4_000,
        slow_echo: Rule::chance(0.05),
        slow_echo_ms: Millis::between(200, 2_000),
        ..RestFaults::default()
    };
    Faults { webhooks, rest, ..Faults::default() }
}

fn named<'a>(programs: &'a [Slot], name: &str) -> impl Iterator<Item = &'a Slot> {
    programs.iter().filter(move |slot| slot.name.split(' ').next() == Some(name))
}

fn address(url: &str) -> std::net::SocketAddr {
    url.trim_start_matches("http://").parse().expect("a program's address")
}
