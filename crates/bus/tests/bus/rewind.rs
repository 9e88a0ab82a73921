use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use bus::{Bus, BusError, Consumption, Delivery, Failure, Handler, Outcome, streams};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Consuming, Server, all_settled, body, consumption, copy, envelope, eventually, publish,
    rejected, within,
};

/// Where the server keeps the messages of INBOUND. What it knows of consumers lies beside them.
fn messages_of(server: &Server) -> PathBuf {
    server.dir.path().join("jetstream/jetstream/$G/streams/INBOUND/msgs")
}

/// A server with 50 messages of INBOUND, and a copy of them.
async fn with_a_copy() -> (Server, Bus, PathBuf) {
    let (server, bus) = Server::start().await;
    publish(&bus, 50).await;
    let earlier = server.dir.path().join("earlier");
    server.nats.stop().await.unwrap();
    copy(&messages_of(&server), &earlier);
    server.nats.restart().await.unwrap();
    eventually(|| async { bus.stream("INBOUND").await.is_ok() }).await;
    (server, bus, earlier)
}

async fn publish_as(bus: &Bus, prefix: &str, count: usize) -> BTreeSet<String> {
    let ids: BTreeSet<String> = (0..count).map(|n| format!("{prefix}-{n}")).collect();
    let envelopes = ids.iter().map(|id| envelope("inbound.a.test", id)).collect();
    for published in bus.publisher().publish_all(envelopes).await {
        published.unwrap();
    }
    ids
}

/// As after a power cut: what was published since the copy is gone, and the consumer had it.
async fn lose_the_end(server: &Server, earlier: &Path) -> Bus {
    server.nats.stop().await.unwrap();
    std::fs::remove_dir_all(messages_of(server)).unwrap();
    copy(earlier, &messages_of(server));
    server.nats.restart().await.unwrap();
    let bus = server.connect().await;
    eventually(|| async { bus.stream("INBOUND").await.is_ok() }).await;
    assert_eq!(bus.stream("INBOUND").await.unwrap().last_sequence, 50);
    bus
}

/// The same, but the positions are taken again before anybody looks. A server that notices at its start
/// that a consumer is ahead mends it; so the consumer's state is put back when the stream is longer.
async fn lose_the_end_unseen(server: &Server, earlier: &Path) -> (Bus, BTreeSet<String>) {
    server.nats.stop().await.unwrap();
    let consumers = messages_of(server).with_file_name("obs");
    let ahead = server.dir.path().join("ahead");
    copy(&consumers, &ahead);
    let bus = lose_the_end(server, earlier).await;
    let wanted = publish_as(&bus, "again", 60).await;
    server.nats.stop().await.unwrap();
    std::fs::remove_dir_all(&consumers).unwrap();
    copy(&ahead, &consumers);
    server.nats.restart().await.unwrap();
    let bus = server.connect().await;
    eventually(|| async { bus.stream("INBOUND").await.is_ok() }).await;
    (bus, wanted)
}

async fn all_of(
    batches: &mut mpsc::UnboundedReceiver<Vec<Delivery>>,
    mut missing: BTreeSet<String>,
) -> Vec<Delivery> {
    let mut all = Vec::new();
    while !missing.is_empty() {
        let next = tokio::time::timeout(crate::support::DEADLINE, batches.recv()).await;
        let Ok(batch) = next else { panic!("never delivered: {missing:?}") };
        for delivery in batch.expect("the consumption ended") {
            missing.remove(&body(&delivery));
            all.push(delivery);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_go_back_when_the_stream_lost_its_end() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 50).await;
    let other = server.connect().await;
    let mut first = Consuming::start(&bus, consumption(), |_| Ok(()));
    let mut second = Consuming::start(&other, consumption(), |_| Ok(()));
    all_settled(&bus).await;

    let publisher = lose_the_end(&server, &earlier).await;
    let wanted = publish_as(&publisher, "again", 50).await;
    let (mut seen, deadline) =
        (HashSet::new(), tokio::time::Instant::now() + crate::support::DEADLINE);
    while !wanted.iter().all(|id| seen.contains(id)) {
        let batch = tokio::select! {
            batch = first.batches.recv() => batch,
            batch = second.batches.recv() => batch,
            () = tokio::time::sleep_until(deadline) => {
                let missing = wanted.iter().filter(|id| !seen.contains(*id)).count();
                panic!("{missing} messages were never delivered");
            }
        };
        seen.extend(batch.expect("a consumption ended").iter().map(body));
    }
    // Both may have gone back, the second one while the first had settled everything: then the consumer
    // is away for a moment.
    all_settled(&bus).await;
    eventually(|| async { streams::check(&bus).await.unwrap().is_empty() }).await;
    all_settled(&bus).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_after_the_loss_goes_back() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 50).await;
    let before = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_settled(&bus).await;
    before.stop().await;

    let bus = lose_the_end(&server, &earlier).await;
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    let wanted = publish_as(&bus, "again", 40).await;
    all_of(&mut after.batches, wanted).await;
    all_settled(&bus).await;
    assert_eq!(streams::check(&bus).await.unwrap(), []);
    after.stop().await;
}

/// As when servers, receivers and workers all lost power: nobody remembers anything.
async fn all_forget(end: impl AsyncFnOnce(Consuming)) {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 50).await;
    let before = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_settled(&bus).await;
    end(before).await;

    let (bus, wanted) = lose_the_end_unseen(&server, &earlier).await;
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_of(&mut after.batches, wanted).await;
    all_settled(&bus).await;
    assert_eq!(streams::check(&bus).await.unwrap(), []);
    after.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_by_what_was_noted_at_the_end_of_another() {
    all_forget(async |before| before.stop().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_by_what_was_noted_long_before_another_died() {
    all_forget(async |before| before.die().await).await;
}

/// As when its clock was ten minutes ahead before: what is new has an older time than what was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_at_a_server_whose_clock_went_back() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 50).await;
    let before = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_settled(&bus).await;
    before.stop().await;

    let (bus, wanted) = lose_the_end_unseen(&server, &earlier).await;
    let raw = server.raw().await;
    let mut lanes: Value =
        raw.request("CONSUMER.LIST.INBOUND", &json!({ "offset": 0 })).await.unwrap();
    let mut config = lanes["consumers"][0]["config"].take();
    let note = &mut config["metadata"]["axis.seen"];
    let mut seen: Value = serde_json::from_str(note.as_str().unwrap()).unwrap();
    let at: DateTime<Utc> = seen["published_at"].as_str().unwrap().parse().unwrap();
    seen["published_at"] = json!(at + TimeDelta::minutes(10));
    *note = json!(seen.to_string());
    let body = json!({ "stream_name": "INBOUND", "config": config, "action": "update" });
    let updated: Value = raw.request("CONSUMER.CREATE.INBOUND.sync-worker-a", &body).await.unwrap();
    assert_eq!(updated.get("error"), None);
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_of(&mut after.batches, wanted).await;
    all_settled(&bus).await;
    after.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_was_lost_nothing_comes_twice() {
    let (server, bus) = Server::start().await;
    publish(&bus, 50).await;
    let before = Consuming::start(&bus, consumption(), |_| Ok(()));
    all_settled(&bus).await;
    before.stop().await;
    server.nats.stop().await.unwrap();
    server.nats.restart().await.unwrap();
    let bus = server.connect().await;
    eventually(|| async { bus.stream("INBOUND").await.is_ok() }).await;
    let wanted = publish_as(&bus, "new", 5).await;
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    let came = all_of(&mut after.batches, wanted).await;
    assert_eq!(came.len(), 5, "{came:?}");
    after.stop().await;
}

/// Does not finish the batch that has this message.
struct Holding {
    message: &'static str,
    seen: mpsc::UnboundedSender<Vec<Delivery>>,
    release: CancellationToken,
}

impl Handler for Holding {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.seen.send(batch.clone()).unwrap();
        if batch.iter().any(|delivery| body(delivery) == self.message) {
            self.release.cancelled().await;
        }
        batch.iter().map(|_| Ok(())).collect()
    }
}

/// A consumption in the background that takes nothing after that message until it is released.
struct Held {
    batches: mpsc::UnboundedReceiver<Vec<Delivery>>,
    release: CancellationToken,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), BusError>>,
}

impl Held {
    fn start(bus: &Bus, message: &'static str) -> Self {
        let (seen, batches) = mpsc::unbounded_channel();
        let (release, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let handler = Holding { message, seen, release: release.clone() };
        let (bus, stop) = (bus.clone(), shutdown.clone());
        let one = Consumption { concurrency: 1, ..consumption() };
        let task = tokio::spawn(async move { bus.consume(one, handler, stop).await });
        Self { batches, release, shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_although_all_lost_positions_are_taken_again() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 49).await;
    bus.publisher().publish(envelope("inbound.a.test", "hold")).await.unwrap();
    let mut worker = Held::start(&bus, "hold");
    all_of(&mut worker.batches, ["hold".to_owned()].into()).await;

    let (publisher, wanted) = lose_the_end_unseen(&server, &earlier).await;
    worker.release.cancel();
    all_of(&mut worker.batches, wanted).await;
    all_settled(&publisher).await;
    worker.stop().await;
}

/// Holds what has position 100: the message that was lost until it is let go, then does it; the one that
/// took its place until that is let go too, then fails it.
struct Twofold {
    seen: mpsc::UnboundedSender<String>,
    lost: CancellationToken,
    present: CancellationToken,
}

impl Handler for Twofold {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for delivery in &batch {
            self.seen.send(body(delivery)).unwrap();
            outcomes.push(Ok(()));
            if body(delivery) == "hold" {
                self.lost.cancelled().await;
            } else if delivery.sequence == 100 && !self.present.is_cancelled() {
                self.present.cancelled().await;
                outcomes.pop();
                outcomes.push(Err(Failure::Retry("not yet".into())));
            }
        }
        outcomes
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_does_not_settle_what_took_its_place() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 49).await;
    bus.publisher().publish(envelope("inbound.a.test", "hold")).await.unwrap();
    let (seen, mut came) = mpsc::unbounded_channel();
    let (lost, present, shutdown) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    let handler = Twofold { seen, lost: lost.clone(), present: present.clone() };
    let (worker, stop) = (bus.clone(), shutdown.clone());
    let task = tokio::spawn(async move { worker.consume(consumption(), handler, stop).await });
    let mut until = async |id: &str| while within(came.recv()).await.unwrap() != id {};
    until("hold").await;

    let publisher = lose_the_end(&server, &earlier).await;
    let ids = publish_as(&publisher, "again", 60).await;
    let there = ids.iter().nth(49).unwrap();
    until(there).await;
    // Two batches are in hand; when the first of them is settled, the last messages come.
    lost.cancel();
    until(ids.last().unwrap()).await;
    present.cancel();
    until(there).await;
    all_settled(&publisher).await;
    shutdown.cancel();
    within(task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_back_for_another_that_died_and_had_come_further() {
    let (server, bus, earlier) = with_a_copy().await;
    let mut first = Held::start(&bus, "49");
    all_of(&mut first.batches, ["49".to_owned()].into()).await;
    let other = server.connect().await;
    let mut second = Consuming::start(&other, consumption(), |_| Ok(()));
    let lost = publish_as(&bus, "lost", 50).await;
    all_of(&mut second.batches, lost).await;
    second.die().await;

    let (_, wanted) = lose_the_end_unseen(&server, &earlier).await;
    first.release.cancel();
    all_of(&mut first.batches, wanted).await;
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_leaves_nothing_unsettled_behind() {
    let (server, bus, earlier) = with_a_copy().await;
    publish_as(&bus, "lost", 50).await;
    // The tenth message waits for its time, long before the end.
    let hour = std::time::Duration::from_hours(1);
    let mut before = Consuming::start(&bus, consumption(), move |delivery| {
        if delivery.sequence == 10 {
            return Err(Failure::RetryAfter(hour, "not yet".into()));
        }
        Ok(())
    });
    before.deliveries(100).await;
    eventually(|| async {
        let stream = bus.stream("INBOUND").await.unwrap();
        stream.consumers.iter().all(|c| (c.pending, c.ack_pending) == (0, 1))
    })
    .await;
    before.stop().await;

    let bus = lose_the_end(&server, &earlier).await;
    let mut after = Consuming::start(&bus, consumption(), |_| Ok(()));
    let wanted = publish_as(&bus, "again", 5).await;
    let delivered = all_of(&mut after.batches, wanted).await;
    // It came again, or, where the server mends the consumer by itself, it still waits.
    let mut came = delivered.iter().any(|delivery| delivery.sequence == 10);
    eventually(|| {
        while let Ok(batch) = after.batches.try_recv() {
            came |= batch.iter().any(|delivery| delivery.sequence == 10);
        }
        let (bus, came) = (bus.clone(), came);
        async move { came || bus.stream("INBOUND").await.unwrap().consumers[0].ack_pending == 1 }
    })
    .await;
    after.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_in_the_place_of_a_dead_message_that_was_lost_has_a_letter_of_its_own() {
    let (server, bus, earlier) = with_a_copy().await;
    let reject = |delivery: &Delivery| -> Outcome {
        if body(delivery).starts_with("poison") {
            return rejected("poison", "no use");
        }
        Ok(())
    };
    let buried = async |bus: &Bus, count: u64| {
        eventually(|| async { bus.dead_letters().count().await.is_ok_and(|n| n == count) }).await;
    };
    let consuming = Consuming::start(&bus, consumption(), reject);
    bus.publisher().publish(envelope("inbound.a.test", "poison-1")).await.unwrap();
    buried(&bus, 1).await;
    consuming.stop().await;

    let bus = lose_the_end(&server, &earlier).await;
    let consuming = Consuming::start(&bus, consumption(), reject);
    let second = bus.publisher().publish(envelope("inbound.a.test", "poison-2")).await.unwrap();
    assert_eq!(second.sequence, 51);
    buried(&bus, 2).await;
    consuming.stop().await;
}
