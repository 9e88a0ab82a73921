//! The bus against a cluster of three, of which one is away at a time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bus::{Bus, Replicas, StreamState, TailStart, Tailed, streams};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use secrecy::ExposeSecret as _;
use servers::{Nats, NatsCluster, NatsOptions};

use crate::support::{
    Consuming, all_settled, answered, body, consumption, copy, envelope, eventually,
    eventually_some, within,
};

struct Cluster {
    nats: NatsCluster,
    dir: tempfile::TempDir,
}

impl Cluster {
    async fn start() -> (Self, Bus) {
        let dir = tempfile::tempdir().unwrap();
        let nats = NatsCluster::start(NatsOptions::new(dir.path())).await.unwrap();
        let config = bus::Config::to_url(nats.url().expose_secret());
        let bus = Bus::connect(&config, "test").await.unwrap();
        answered(|| streams::apply(&bus, Replicas::Of(3))).await;
        (Self { nats, dir }, bus)
    }

    /// The node that leads `ACTIVITY`, and one that follows.
    async fn leader_and_follower(&self, bus: &Bus) -> (&Nats, &Nats) {
        let leads = async || bus.stream("ACTIVITY").await.ok().and_then(|state| state.leader);
        let leader = eventually_some(leads).await;
        let nodes = self.nats.nodes();
        let leads = nodes.iter().find(|node| node.name() == leader).unwrap();
        (leads, nodes.iter().find(|node| node.name() != leader).unwrap())
    }

    /// The node that this is connected to, and another one.
    async fn asked_and_other(&self, bus: &Bus) -> (&Nats, &Nats) {
        let nodes = self.nats.nodes();
        let runs = join_all(nodes.iter().map(async |node| connect(node).await.server_id())).await;
        let asked = runs.iter().position(|run| *run == bus.server_id()).unwrap();
        (&nodes[asked], &nodes[(asked + 1) % nodes.len()])
    }

    fn stored(&self, node: &Nats) -> PathBuf {
        self.dir.path().join(node.name()).join("jetstream/jetstream")
    }

    /// Copies what all nodes have, of one moment, under this name.
    async fn keep(&self, name: &str) {
        let nodes = self.nats.nodes();
        join_all(nodes.iter().map(async |node| {
            node.pause().await;
            copy(&self.stored(node), &self.dir.path().join(name).join(node.name()));
            node.resume().await;
        }))
        .await;
    }

    /// Has all three run anew with these parts as they are in a copy.
    async fn put_back(&self, name: &str, parts: impl Fn(&Path) -> Vec<PathBuf>) {
        join_all(self.nats.nodes().iter().map(async |node| node.kill().await.unwrap())).await;
        for node in self.nats.nodes() {
            let (stored, kept) = (self.stored(node), self.dir.path().join(name).join(node.name()));
            for part in parts(&kept) {
                let lost = stored.join(part.strip_prefix(&kept).unwrap());
                std::fs::remove_dir_all(&lost).unwrap();
                copy(&part, &lost);
            }
        }
        join_all(self.nats.nodes().iter().map(async |node| node.restart().await.unwrap())).await;
    }

    /// Has all three run anew without what their streams got since the copy `earlier`, as after a power
    /// cut that took all of them at once. What they know of consumers stays.
    async fn lose_the_end(&self, bus: &Bus) {
        self.put_back("earlier", parts_of_streams).await;
        let led = async || bus.stream("INBOUND").await.ok().filter(|state| state.leader.is_some());
        assert!(eventually_some(led).await.last_sequence <= 50, "the end is lost");
    }

    /// A stream, once it is led and the two others have all of it.
    async fn complete(&self, bus: &Bus, stream: &str) -> StreamState {
        eventually_some(async || {
            let state = bus.stream(stream).await.ok()?;
            let followers = state.followers.iter().filter(|node| node.current).count();
            (state.leader.is_some() && followers == 2).then_some(state)
        })
        .await
    }
}

async fn connect(node: &Nats) -> Bus {
    let config = bus::Config::to_url(node.url().expose_secret());
    Bus::connect(&config, "test").await.unwrap()
}

/// The messages of all streams, and the logs by which the nodes agree on them.
fn parts_of_streams(jetstream: &Path) -> Vec<PathBuf> {
    parts(jetstream, "S-", "msgs")
}

/// What is known of all consumers, likewise.
fn parts_of_consumers(jetstream: &Path) -> Vec<PathBuf> {
    parts(jetstream, "C-", "obs")
}

fn parts(jetstream: &Path, logs: &str, folder: &str) -> Vec<PathBuf> {
    let inside = |folder: PathBuf| -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(logs))
    };
    let logs = inside(jetstream.join("$SYS/_js_")).into_iter().filter(named);
    let streams = inside(jetstream.join("$G/streams")).into_iter();
    logs.chain(streams.map(|path| path.join(folder)).filter(|path| path.exists())).collect()
}

/// Announces until the stream has it, as a publisher does that must not lose it.
async fn announce(bus: &Bus, number: u64) {
    let id = number.to_string();
    eventually(|| async {
        let envelope = envelope("activity.acme.test", &id);
        bus.publisher().publish(envelope).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_on_all_three_and_says_so() {
    let (cluster, bus) = Cluster::start().await;
    for stream in ["INBOUND", "OUTBOUND", "ACTIVITY", "DEAD_LETTER", "KV_SOURCES", "KV_HIGH_WATER"]
    {
        let state = cluster.complete(&bus, stream).await;
        assert!(state.leader.is_some_and(|leader| leader.starts_with("axis-")));
    }
    assert_eq!(answered(|| streams::check(&bus)).await, []);
    let again = answered(|| streams::apply(&bus, Replicas::Of(3))).await;
    assert!(again.iter().all(|applied| applied.drift.is_empty()), "{again:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_misses_nothing_whichever_node_is_lost() {
    let (cluster, bus) = Cluster::start().await;
    let mut tail = bus.tail_activity(TailStart::After(0));
    let mut next = async || -> Tailed {
        loop {
            match within(tail.next()).await.unwrap() {
                Ok(tailed) => return tailed,
                Err(error) => assert!(error.is_transient(), "{error:?}"),
            }
        }
    };
    let mut number = 0;
    for round in 0..3 {
        let (leader, follower) = cluster.leader_and_follower(&bus).await;
        let lost = if round == 1 { follower } else { leader };
        lost.kill().await.unwrap();
        for _ in 0..50 {
            number += 1;
            announce(&bus, number).await;
        }
        lost.restart().await.unwrap();
        cluster.complete(&bus, "ACTIVITY").await;
    }
    for expected in 1..=number {
        let tailed = next().await;
        assert_eq!(tailed.payload, expected.to_string());
        assert_eq!(tailed.sequence, expected, "nothing is there twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_to_its_end_while_a_node_is_catching_up() {
    const EACH: u64 = 3_000;
    let (cluster, bus) = Cluster::start().await;
    let acme = "acme".parse().unwrap();
    let mut last = 0;
    for _ in 0..2 {
        let (_, follower) = cluster.leader_and_follower(&bus).await;
        follower.kill().await.unwrap();
        let envelopes: Vec<_> = (0..EACH)
            .map(|n| {
                let mut envelope = envelope("activity.acme.test", &(last + n).to_string());
                envelope.payload = vec![b' '; 10_000];
                envelope
            })
            .collect();
        // Few at a time: all of them take a slow machine longer than a confirmation is waited for.
        for some in envelopes.chunks(100) {
            // What was under way by way of the node that died goes again.
            eventually(|| async {
                let published = bus.publisher().publish_all(some.to_vec()).await;
                published.iter().all(Result::is_ok)
            })
            .await;
        }
        last += EACH;
        follower.restart().await.unwrap();
        eventually(|| async {
            // It may be refused while the node is let in again, but never cut short.
            let Ok(before) = bus.stream("ACTIVITY").await else { return false };
            let read =
                Box::pin(bus.read_activity(&acme, last - 10, last, bus::Most::messages(100))).await;
            let Ok(read) = read else { return false };
            assert_eq!(read.messages.len(), 10, "all that there was");
            before.followers.iter().all(|node| node.current)
        })
        .await;
    }
}

/// So many more events, until the stream has them; their names.
async fn tell(bus: &Bus, prefix: &str, count: usize) -> BTreeSet<String> {
    let ids: BTreeSet<String> = (0..count).map(|n| format!("{prefix}-{n}")).collect();
    for id in &ids {
        eventually(|| async {
            let envelope = envelope("inbound.a.test", id);
            bus.publisher().publish(envelope).await.is_ok()
        })
        .await;
    }
    ids
}

async fn heard(worker: &mut Consuming, mut missing: BTreeSet<String>) {
    while !missing.is_empty() {
        for delivery in worker.batch().await {
            missing.remove(&body(&delivery));
        }
    }
}

/// One node cannot lose what was confirmed, for another one has it. All of them at once can.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_when_all_nodes_lost_the_end_of_a_stream() {
    let (cluster, bus) = Cluster::start().await;
    let mut worker = Consuming::start(&bus, consumption(), |_| Ok(()));
    heard(&mut worker, tell(&bus, "first", 50).await).await;
    cluster.keep("earlier").await;
    heard(&mut worker, tell(&bus, "lost", 30).await).await;
    cluster.lose_the_end(&bus).await;
    heard(&mut worker, tell(&bus, "again", 60).await).await;
    worker.stop().await;
}

/// The positions are taken again before anybody looks, and who saw what was there has ended. Servers that
/// notice at their start that a consumer is ahead mend it; so what is known of it is put back later.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_by_what_another_noted_when_all_nodes_lost_the_end_of_a_stream() {
    let (cluster, bus) = Cluster::start().await;
    let mut before = Consuming::start(&bus, consumption(), |_| Ok(()));
    heard(&mut before, tell(&bus, "first", 50).await).await;
    cluster.keep("earlier").await;
    heard(&mut before, tell(&bus, "lost", 30).await).await;
    all_settled(&bus).await;
    before.stop().await;
    cluster.keep("ahead").await;
    cluster.lose_the_end(&bus).await;
    let again = tell(&bus, "again", 60).await;
    cluster.put_back("ahead", parts_of_consumers).await;
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    heard(&mut after, again).await;
    after.stop().await;
}

/// Its connections stay open, as when a machine loses power: nothing says that they are of no more use.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_falls_silent_is_left_for_another() {
    let (cluster, bus) = Cluster::start().await;
    cluster.complete(&bus, "INBOUND").await;
    let mut worker = Consuming::start(&bus, consumption(), |_| Ok(()));
    heard(&mut worker, tell(&bus, "before", 1).await).await;
    let (asked, other) = cluster.asked_and_other(&bus).await;
    let publisher = connect(other).await;
    asked.pause().await;
    heard(&mut worker, tell(&publisher, "after", 1).await).await;
    assert!(answered(|| bus.stream("INBOUND")).await.leader.is_some());
    worker.stop().await;
    asked.resume().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_are_taken_a_few_at_a_time_from_three_nodes_too() {
    let (_cluster, bus) = Cluster::start().await;
    crate::in_hand::large_messages_come_a_few_at_a_time(&bus).await;
}
