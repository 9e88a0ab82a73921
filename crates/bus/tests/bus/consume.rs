use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use bus::{Consumption, Delivery, Failure, Handler, Outcome};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Consuming, Server, all_settled, body, consumption, envelope, eventually, publish, rejected,
    within,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_settled_by_its_own_outcome() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 4).await;
    let mut consuming = Consuming::start(&bus, consumption(), |delivery| {
        match (body(delivery).as_str(), delivery.attempt) {
            ("1", 1) => Err(Failure::Retry("the database is away".into())),
            ("2", 1) => Err(Failure::RetryAfter(Duration::from_millis(20), "busy".into())),
            ("3", _) => rejected("undecodable", "no JSON"),
            _ => Ok(()),
        }
    });
    let deliveries = consuming.deliveries(6).await;
    all_settled(&bus).await;
    consuming.stop().await;

    let mut attempts: HashMap<String, Vec<u64>> = HashMap::new();
    for delivery in &deliveries {
        assert_eq!(delivery.subject, "inbound.a.test");
        assert_eq!(delivery.headers.get("Axis-Test"), Some(body(delivery).as_str()));
        attempts.entry(body(delivery)).or_default().push(delivery.attempt);
    }
    let expected: [(&str, &[u64]); 4] = [("0", &[1]), ("1", &[1, 2]), ("2", &[1, 2]), ("3", &[1])];
    assert_eq!(attempts, expected.map(|(k, v)| (k.to_owned(), v.to_vec())).into());

    let mut letters = bus.dead_letters().oldest_first(None, None).await.unwrap();
    let dead = letters.next().await.unwrap().unwrap();
    assert_eq!(letters.next().await.unwrap(), None);
    assert_eq!(dead.letter.reason, "undecodable");
    assert_eq!(dead.letter.detail, "no JSON");
    assert_eq!(dead.letter.stream, "INBOUND");
    assert_eq!(dead.letter.consumer, "sync-worker");
    assert_eq!((dead.letter.subject.as_str(), dead.letter.sequence), ("inbound.a.test", 4));
    assert_eq!(&dead.payload[..], b"3");
    assert_eq!(dead.headers.get("Axis-Test"), Some("3"));

    // A new consumption of the same durable finds nothing to do.
    let mut again = Consuming::start(&bus, consumption(), |_| Ok(()));
    bus.publisher().publish(envelope("inbound.a.test", "last")).await.unwrap();
    assert_eq!(body(&again.deliveries(1).await[0]), "last");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_dead_letter_cannot_be_stored_is_kept() {
    let (server, bus) = Server::start().await;
    let raw = server.raw().await;
    raw.delete_stream("DEAD_LETTER").await.unwrap();
    publish(&bus, 1).await;
    let mut consuming =
        Consuming::start(&bus, consumption(), |_| rejected("undecodable", "no JSON"));
    assert_eq!(consuming.deliveries(2).await[1].attempt, 2);
    bus::streams::apply(&bus, bus::Replicas::Keep).await.unwrap();
    all_settled(&bus).await;
    assert_eq!(bus.dead_letters().count().await.unwrap(), 1);
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_share_the_messages() {
    let (server, bus) = Server::start().await;
    let other = server.connect().await;
    publish(&bus, 500).await;
    let (seen, mut batches) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let mut tasks = Vec::new();
    for bus in [&bus, &other] {
        let handler = crate::support::Telling { seen: seen.clone(), decide: |_: &Delivery| Ok(()) };
        let (bus, shutdown) = (bus.clone(), shutdown.clone());
        tasks
            .push(tokio::spawn(async move { bus.consume(consumption(), handler, shutdown).await }));
    }
    let mut seen = Vec::new();
    while seen.len() < 500 {
        seen.extend(within(batches.recv()).await.unwrap());
    }
    all_settled(&bus).await;
    shutdown.cancel();
    for task in tasks {
        within(task).await.unwrap().unwrap();
    }
    assert!(batches.try_recv().is_err(), "something was delivered twice");
    let mut sequences: Vec<u64> = seen.iter().map(|d| d.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=500).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_full_when_busy_and_single_when_quiet() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 200).await;
    let one = Consumption { concurrency: 1, ..consumption() };
    let mut consuming = Consuming::start(&bus, one, |_| Ok(()));
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 200 {
        sizes.push(consuming.batch().await.len());
    }
    // Twenty, and one more each time that either side stands still in the middle of one.
    assert!(sizes.len() <= 100 && sizes.iter().all(|size| *size <= 10), "{sizes:?}");
    for id in ["a", "b"] {
        bus.publisher().publish(envelope("inbound.a.test", id)).await.unwrap();
        let batch = consuming.batch().await;
        assert_eq!(batch.iter().map(body).collect::<Vec<_>>(), [id]);
    }
    consuming.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_nothing_and_loses_nothing() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 30).await;
    let mut consuming = Consuming::start(&bus, consumption(), |delivery| {
        assert!(delivery.attempt > 1 || body(delivery) != "7", "a bug in the handler");
        Ok(())
    });
    let mut last: HashMap<String, u64> = HashMap::new();
    while last.len() < 30 || last["7"] == 1 {
        for delivery in consuming.batch().await {
            last.insert(body(&delivery), delivery.attempt);
        }
    }
    all_settled(&bus).await;
    consuming.stop().await;
    assert_eq!(bus.dead_letters().count().await.unwrap(), 0);
}

/// Says nothing about one of its messages.
struct Forgetful(mpsc::UnboundedSender<u64>);

impl Handler for Forgetful {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        for delivery in &batch {
            self.0.send(delivery.attempt).unwrap();
        }
        if batch[0].attempt == 1 { vec![] } else { batch.iter().map(|_| Ok(())).collect() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_outcome_comes_again() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 1).await;
    let (seen, mut attempts) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let (consumer, stop) = (bus.clone(), shutdown.clone());
    let task =
        tokio::spawn(async move { consumer.consume(consumption(), Forgetful(seen), stop).await });
    assert_eq!(within(attempts.recv()).await, Some(1));
    assert_eq!(within(attempts.recv()).await, Some(2));
    all_settled(&bus).await;
    shutdown.cancel();
    within(task).await.unwrap().unwrap();
}

/// Works for longer than the server waits, or until the test says so.
struct Slow {
    /// How many messages each batch has.
    started: mpsc::UnboundedSender<usize>,
    work: Work,
}

enum Work {
    For(Duration),
    Until(CancellationToken),
}

impl Handler for Slow {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.started.send(batch.len()).unwrap();
        match &self.work {
            Work::For(time) => tokio::time::sleep(*time).await,
            Work::Until(token) => token.cancelled().await,
        }
        batch.iter().map(|_| Ok(())).collect()
    }
}

/// A worker that stands still for most of the server's patience rightly loses what it has, and on a busy
/// machine any may: so often it is given another message.
const TRIES: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_takes_long_is_not_given_to_another() {
    let (server, bus) = Server::start().await;
    server.hurry().await;
    let (started, _sizes) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let (consumer, stop) = (bus.clone(), shutdown.clone());
    // Two and a half times the server's patience; another request would get the message.
    let handler = Slow { started, work: Work::For(Duration::from_millis(2500)) };
    let task = tokio::spawn(async move { consumer.consume(consumption(), handler, stop).await });
    let raw = server.raw().await;
    let mut lane: PullConsumer =
        raw.get_consumer_from_stream("sync-worker-a", "INBOUND").await.unwrap();
    let mut before = 0;
    for number in 1_u64.. {
        let message = envelope("inbound.a.test", &number.to_string());
        bus.publisher().publish(message).await.unwrap();
        all_settled(&bus).await;
        let given_out = lane.info().await.unwrap().delivered.consumer_sequence - before;
        if given_out == 1 {
            break;
        }
        assert!(number < TRIES, "the message was given out {given_out} times");
        before += given_out;
    }
    shutdown.cancel();
    within(task).await.unwrap().unwrap();
}

/// Keeps the first delivery of `0` until the test says so, then fails it.
struct Stuck {
    started: mpsc::UnboundedSender<(String, u64)>,
    until: CancellationToken,
}

impl Handler for Stuck {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for delivery in &batch {
            self.started.send((body(delivery), delivery.attempt)).unwrap();
            if body(delivery) == "0" && delivery.attempt == 1 {
                self.until.cancelled().await;
                outcomes.push(Err(Failure::Retry("it was in vain".into())));
            } else {
                outcomes.push(Ok(()));
            }
        }
        outcomes
    }
}

/// As after a freeze of the program, or while the server was away.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_out_again_while_it_is_in_hand_is_left_alone() {
    let (server, bus) = Server::start().await;
    publish(&bus, 1).await;
    let (started, mut seen) = mpsc::unbounded_channel();
    let (shutdown, until) = (CancellationToken::new(), CancellationToken::new());
    let handler = Stuck { started, until: until.clone() };
    let (consumer, stop) = (bus.clone(), shutdown.clone());
    let task = tokio::spawn(async move { consumer.consume(consumption(), handler, stop).await });
    assert_eq!(within(seen.recv()).await, Some(("0".to_owned(), 1)));

    let raw = server.raw().await;
    raw.publish("$JS.ACK.INBOUND.sync-worker-a.1.1.1.0.0", "-NAK".into()).await.unwrap();
    eventually(|| async {
        let mut lane: PullConsumer =
            raw.get_consumer_from_stream("sync-worker-a", "INBOUND").await.unwrap();
        lane.info().await.unwrap().delivered.consumer_sequence == 2
    })
    .await;
    bus.publisher().publish(envelope("inbound.a.test", "after")).await.unwrap();
    assert_eq!(within(seen.recv()).await, Some(("after".to_owned(), 1)));
    until.cancel();
    let (name, attempt) = within(seen.recv()).await.unwrap();
    assert_eq!((name.as_str(), attempt > 1), ("0", true), "the first one's failure counts");
    all_settled(&bus).await;
    shutdown.cancel();
    within(task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_finishes_what_is_in_hand_and_leaves_the_rest() {
    let (_server, bus) = Server::start().await;
    publish(&bus, 15).await;
    let one = Consumption { concurrency: 1, ..consumption() };
    let (started, mut sizes) = mpsc::unbounded_channel();
    let (shutdown, finish) = (CancellationToken::new(), CancellationToken::new());
    let handler = Slow { started, work: Work::Until(finish.clone()) };
    let (consumer, stop) = (bus.clone(), shutdown.clone());
    let task = tokio::spawn(async move { consumer.consume(one, handler, stop).await });
    let in_hand = within(sizes.recv()).await.unwrap();
    shutdown.cancel();
    assert!(!task.is_finished());
    finish.cancel();
    within(task).await.unwrap().unwrap();

    let mut rest = Consuming::start(&bus, one, |_| Ok(()));
    let mut deliveries = rest.deliveries(15 - in_hand).await;
    deliveries.sort_by_key(|delivery| delivery.sequence);
    let bodies: Vec<String> = deliveries.iter().map(body).collect();
    let left: Vec<String> = (in_hand..15).map(|number| number.to_string()).collect();
    assert_eq!(bodies, left);
    // What was asked for and not handed out, if the batch was cut short, was given back.
    let most = |delivery: &Delivery| if delivery.sequence <= 10 { 2 } else { 1 };
    assert!(deliveries.iter().all(|delivery| delivery.attempt <= most(delivery)));
    all_settled(&bus).await;
    rest.stop().await;
}
