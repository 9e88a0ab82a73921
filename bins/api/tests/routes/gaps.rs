//! P6: whatever happens to clients, to processes of the API and to NATS, a client hears every event
//! of its tenant once and in order, or is told to read the state again, which then has what it
//! missed. `GAPS_SEED` runs a course of events again, and others after it; `GAPS_CASES` says how many.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::Config;
use domain::{Activity, ActivityId, TenantId};
use events::{Announcement, AnnouncementSubject, TraceParent};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use testkit::reqwest::{Client, Response};
use testkit::{Earlier, World, eventually, eventually_some};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{TENANT, at, serve};

const PROCESSES: usize = 2;
const STEPS: usize = 30;
/// How long a client waits for bytes before it looks whether all is over.
const GLANCE: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_heard_once_in_order_or_the_state_is_read_again() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first: u64 = number("GAPS_SEED").unwrap_or_else(rand::random);
    for seed in first..first.saturating_add(number("GAPS_CASES").unwrap_or(2)) {
        println!("GAPS_SEED={seed}");
        let scene = Scene::begin().await;
        let mut clients: Vec<_> = KINDS.into_iter().zip(seed..).map(Listener::new).collect();
        let conduct = scene.conduct(StdRng::seed_from_u64(seed));
        let listen = join_all(clients.iter_mut().map(|client| client.listen(&scene)));
        tokio::join!(conduct, listen);
        for client in &clients {
            println!("{client:?}");
        }
        // One of them may be told to read the state just before all is over, and hears nothing live.
        let heard: usize = clients.iter().map(|client| client.heard).sum();
        assert!(heard > 0, "nothing was ever heard live");
    }
}

/// How clients differ: whether they read the state first, and whether they want notes only.
const KINDS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// What the n-th event of a tenant is.
fn kind_of(n: u64) -> &'static str {
    if n.is_multiple_of(3) { "other" } else { "note" }
}

struct Scene {
    world: World,
    http: Client,
    /// Where the processes are that serve now.
    processes: Mutex<Vec<(String, CancellationToken)>>,
    /// How many events there are of our tenant, once there will be no more.
    total: Mutex<Option<u64>>,
    /// How many things have happened.
    steps: watch::Sender<usize>,
}

impl Scene {
    async fn begin() -> Self {
        let world = World::start().await;
        for (tenant, number) in [(TENANT, 1), ("theirs", 2)] {
            world.account(tenant, number).await;
        }
        let processes = Mutex::default();
        let (http, total, steps) = (testkit::http(), Mutex::default(), watch::Sender::new(0));
        let scene = Self { world, http, processes, total, steps };
        for _ in 0..PROCESSES {
            let served = scene.serve().await;
            scene.processes.lock().unwrap().push(served);
        }
        scene
    }

    async fn serve(&self) -> (String, CancellationToken) {
        let bus = bus::Bus::connect(&self.world.bus_config, "api").await.unwrap();
        let config = Config { sse_heartbeat_seconds: 1, ..Config::default() };
        serve(&config, self.world.store.clone(), bus, self.world.objects.clone()).await
    }

    /// A process at random, which may be stopping.
    fn process(&self, random: &mut StdRng) -> String {
        // A poisoned lock tells of another failure than the one that is looked for.
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes[random.random_range(0..processes.len())].0.clone()
    }

    async fn restart(&self, process: usize) {
        self.processes.lock().unwrap()[process].1.cancel();
        let served = self.serve().await;
        self.processes.lock().unwrap()[process] = served;
    }

    /// Everything that happens, one after the other; clients listen meanwhile.
    async fn conduct(&self, mut random: StdRng) {
        let (mut ours, mut theirs) = (0, 0);
        let mut earlier: Option<Earlier> = None;
        for step in 0..STEPS {
            self.steps.send_replace(step);
            match random.random_range(0..100) {
                0..65 => {
                    for _ in 0..random.random_range(1..12) {
                        if random.random_bool(0.7) {
                            self.write(TENANT, ours).await;
                            ours += 1;
                        } else {
                            self.write("theirs", theirs).await;
                            theirs += 1;
                        }
                    }
                }
                65..80 => self.restart(random.random_range(0..PROCESSES)).await,
                80..84 => self.world.nats.restart().await.unwrap(),
                84..92 => earlier = Some(self.world.keep_streams().await),
                _ => {
                    let Some(earlier) = earlier.take() else { continue };
                    // Half the time nobody is left who could remember what was lost.
                    let all_at_once = random.random_bool(0.5);
                    if all_at_once {
                        self.processes.lock().unwrap().iter().for_each(|(_, stop)| stop.cancel());
                    }
                    self.world.lose_streams_since(&earlier).await;
                    self.write(TENANT, ours).await;
                    ours += 1;
                    for process in (0..PROCESSES).filter(|_| all_at_once) {
                        self.restart(process).await;
                    }
                }
            }
        }
        *self.total.lock().unwrap() = Some(ours);
        self.steps.send_replace(STEPS);
    }

    /// Writes an event and then announces it, as the programs do.
    async fn write(&self, tenant: &str, n: u64) {
        let tenant: TenantId = tenant.parse().unwrap();
        let activity = Activity {
            id: ActivityId::generate(),
            kind: kind_of(n).to_owned(),
            source: "axis".to_owned(),
            account_id: None,
            conversation_id: None,
            about: None,
            actor: None,
            occurred_at: at(i64::try_from(n).unwrap()),
            data: json!({ "n": n, "tenant": tenant }).into(),
        };
        let mut transaction = self.world.store.tenant(&tenant).await.unwrap();
        store::activities::write(&mut transaction, &tenant, &activity).await.unwrap();
        store::commit(transaction).await.unwrap();
        let told = Announcement { activity, subject: AnnouncementSubject::default() };
        let envelope = told.envelope(&tenant, &TraceParent::generate()).unwrap();
        let publisher = self.world.bus.publisher();
        eventually("the event is announced", async || {
            publisher.publish(envelope.clone()).await.is_ok()
        })
        .await;
    }
}

struct Listener {
    reads_first: bool,
    notes_only: bool,
    random: StdRng,
    /// The id of the last event.
    last: Option<String>,
    /// The events that it knows of, one way or the other.
    known: BTreeSet<u64>,
    /// What it heard last, if that joins on to what it hears next.
    previous: Option<u64>,
    connections: usize,
    resets: usize,
    heard: usize,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { notes_only, connections, resets, heard, .. } = self;
        write!(f, "{connections} connections, {resets} resets, {heard} heard")?;
        write!(f, "{}", if *notes_only { ", notes only" } else { "" })
    }
}

impl Listener {
    fn new(((reads_first, notes_only), seed): ((bool, bool), u64)) -> Self {
        Self {
            reads_first,
            notes_only,
            random: StdRng::seed_from_u64(seed),
            last: None,
            known: BTreeSet::new(),
            previous: None,
            connections: 0,
            resets: 0,
            heard: 0,
        }
    }

    /// Listens, is cut off, and comes back, until it knows of everything.
    async fn listen(&mut self, scene: &Scene) {
        if self.reads_first {
            self.last = Some(self.read(scene).await);
        }
        let begun = tokio::time::Instant::now();
        while !self.knows_all(scene) {
            let patience = Duration::from_mins(3);
            assert!(begun.elapsed() < patience, "{self:?} after {:?}: {:?}", self.last, self.known);
            let process = self.process_answers(scene).await;
            if let Some(answer) = process {
                self.connections += 1;
                self.hear(scene, answer).await;
            }
            if self.random.random_bool(0.3) {
                self.stay_away(scene).await;
            }
        }
    }

    /// Misses the next few things that happen.
    async fn stay_away(&mut self, scene: &Scene) {
        let mut steps = scene.steps.subscribe();
        let until = *steps.borrow() + self.random.random_range(1..5);
        steps.wait_for(|step| *step >= until.min(STEPS)).await.unwrap();
    }

    fn knows_all(&self, scene: &Scene) -> bool {
        let total = *scene.total.lock().unwrap_or_else(PoisonError::into_inner);
        total.is_some_and(|total| (0..total).all(|n| !self.wants(n) || self.known.contains(&n)))
    }

    fn wants(&self, n: u64) -> bool {
        !self.notes_only || kind_of(n) == "note"
    }

    fn filter(&self) -> &'static str {
        if self.notes_only { "type=note" } else { "" }
    }

    async fn process_answers(&mut self, scene: &Scene) -> Option<Response> {
        let url = format!("{}/api/v1/activity?{}", scene.process(&mut self.random), self.filter());
        let mut request = scene.http.get(url).bearer_auth("mock-token");
        request = request.header("accept", "text/event-stream");
        if let Some(last) = &self.last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.ok()?;
        answer.status().is_success().then_some(answer)
    }

    /// Reads so many bytes and no more, wherever in a frame that is.
    async fn hear(&mut self, scene: &Scene, mut answer: Response) {
        let mut left = self.random.random_range(50..4_000_usize);
        let mut text = String::new();
        while left > 0 && !self.knows_all(scene) {
            let chunk = match tokio::time::timeout(GLANCE, answer.chunk()).await {
                Err(_) => continue,
                Ok(Ok(Some(chunk))) => chunk,
                Ok(_) => return,
            };
            text.push_str(std::str::from_utf8(&chunk[..chunk.len().min(left)]).unwrap());
            left = left.saturating_sub(chunk.len());
            while let Some(end) = text.find("\n\n") {
                let frame: String = text.drain(..end + 2).collect();
                self.take(scene, &frame).await;
            }
        }
    }

    async fn take(&mut self, scene: &Scene, frame: &str) {
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
        let resumed = self.last.is_some();
        if let Some(id) = field("id: ") {
            self.last = Some(id.to_owned());
        }
        match (field("event: "), field("data: ")) {
            (Some("reset"), _) => {
                self.resets += 1;
                self.read(scene).await;
            }
            (Some("ready"), _) if resumed => {}
            (Some("ready"), _) => {
                self.read(scene).await;
            }
            (Some(kind), Some(data)) => self.note(kind, &serde_json::from_str(data).unwrap()),
            _ => {}
        }
    }

    fn note(&mut self, kind: &str, told: &Value) {
        assert_eq!(told["data"]["tenant"], TENANT, "{told}");
        let n = told["data"]["n"].as_u64().unwrap();
        assert!(kind == kind_of(n) && self.wants(n), "{kind} is not wanted: {told}");
        let missed = match self.previous {
            Some(previous) => {
                assert!(n > previous, "{n} after {previous}: {self:?}");
                (previous + 1..n).find(|n| self.wants(*n))
            }
            None => (0..n).find(|n| self.wants(*n) && !self.known.contains(n)),
        };
        assert_eq!(missed, None, "a gap before {n}, after {:?}: {self:?}", self.previous);
        self.previous = Some(n);
        self.known.insert(n);
        self.heard += 1;
    }

    /// Reads the state, and says which place in the stream it reflects.
    async fn read(&mut self, scene: &Scene) -> String {
        self.previous = None;
        let (known, place) = eventually_some("the state can be read", async || {
            let process = scene.process(&mut StdRng::seed_from_u64(rand::random()));
            let mut known = BTreeSet::new();
            let mut place = None;
            let mut cursor = String::new();
            loop {
                let filter = self.filter();
                let url = format!("{process}/api/v1/activity?limit=100&{filter}{cursor}");
                let answer = scene.http.get(url).bearer_auth("mock-token").send().await.ok()?;
                let page: Value = answer.error_for_status().ok()?.json().await.ok()?;
                let rows = page["data"].as_array()?;
                known.extend(rows.iter().filter_map(|row| row["data"]["n"].as_u64()));
                place = place.or(page["position"]["activity"].as_str().map(str::to_owned));
                let Some(next) = page["page"]["nextCursor"].as_str() else {
                    return Some((known, place?));
                };
                cursor = format!("&cursor={next}");
            }
        })
        .await;
        self.known = known;
        place
    }
}
