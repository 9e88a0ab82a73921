//! How much is in hand at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use bus::{Bus, BusError, Consumption, Delivery, Handler, Outcome};
use events::Envelope;
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Server, all_settled, consumption, envelope, eventually, within};

/// The subject of a batch's first message, and how many messages it has.
type Seen = (String, usize);

/// Tells of each batch and keeps it until it is let go; notes how many messages it ever had at once, and
/// that one came again.
struct Keeping {
    seen: mpsc::UnboundedSender<Seen>,
    let_go: Arc<Semaphore>,
    has: AtomicUsize,
    most: Arc<AtomicUsize>,
    again: Arc<AtomicBool>,
}

impl Handler for Keeping {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let has = self.has.fetch_add(batch.len(), Ordering::SeqCst) + batch.len();
        self.most.fetch_max(has, Ordering::SeqCst);
        let again = batch.iter().any(|delivery| delivery.attempt > 1);
        self.again.fetch_or(again, Ordering::SeqCst);
        self.seen.send((batch[0].subject.clone(), batch.len())).unwrap();
        self.let_go.acquire().await.unwrap().forget();
        self.has.fetch_sub(batch.len(), Ordering::SeqCst);
        batch.iter().map(|_| Ok(())).collect()
    }
}

/// A consumption in the background that keeps what it gets.
struct Kept {
    batches: mpsc::UnboundedReceiver<Seen>,
    let_go: Arc<Semaphore>,
    most: Arc<AtomicUsize>,
    again: Arc<AtomicBool>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), BusError>>,
}

impl Kept {
    fn start(bus: &Bus, consumption: Consumption) -> Self {
        let (seen, batches) = mpsc::unbounded_channel();
        let let_go = Arc::new(Semaphore::new(0));
        let (most, again) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let keeping = Keeping {
            seen,
            let_go: Arc::clone(&let_go),
            has: AtomicUsize::new(0),
            most: Arc::clone(&most),
            again: Arc::clone(&again),
        };
        let shutdown = CancellationToken::new();
        let (bus, stop) = (bus.clone(), shutdown.clone());
        let task = tokio::spawn(async move { bus.consume(consumption, keeping, stop).await });
        Self { batches, let_go, most, again, shutdown, task }
    }

    /// Lets go of one batch whenever no more messages come for so long, until `missing` have come. How many
    /// there ever were at once.
    async fn all(mut self, mut missing: usize, silence: Duration) -> usize {
        while missing > 0 {
            match tokio::time::timeout(silence, self.batches.recv()).await {
                Ok(batch) => missing -= batch.unwrap().1,
                Err(_) => self.let_go.add_permits(1),
            }
        }
        self.let_go.add_permits(200);
        self.shutdown.cancel();
        within(self.task).await.unwrap().unwrap();
        assert!(!self.again.load(Ordering::SeqCst), "one came again");
        self.most.load(Ordering::SeqCst)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_batches_are_in_hand_or_a_few_full_ones() {
    let (_server, bus) = Server::start().await;
    let narrow = Consumption { concurrency: 8, room: 30, ..consumption() };
    let mut kept = Kept::start(&bus, narrow);
    for number in 0..8 {
        bus.publisher().publish(envelope("inbound.a.test", &format!("{number}"))).await.unwrap();
        assert_eq!(within(kept.batches.recv()).await.unwrap().1, 1);
    }
    for number in 8..200 {
        bus.publisher().publish(envelope("inbound.a.test", &format!("{number}"))).await.unwrap();
    }
    let most = kept.all(192, Duration::from_millis(2)).await;
    assert!(most <= 30, "it had {most} at once");
}

/// A lane for each of many accounts, and each with more than it may have in hand by itself.
#[tokio::test(flavor = "multi_thread")]
async fn all_lanes_together_have_no_more_in_hand_than_a_bound_and_a_little_each() {
    let (_server, bus) = Server::start().await;
    let payload = vec![b'x'; 1024 * 1024];
    for number in 0..80 {
        let large = envelope(&format!("inbound.{}.test", number % 8), &number.to_string());
        bus.publisher().publish(Envelope { payload: payload.clone(), ..large }).await.unwrap();
    }
    let wide = Consumption { batch: 100, concurrency: 8, ..consumption() };
    let mut kept = Kept::start(&bus, wide);
    let mut missing = 80;
    // Lanes wait only when less than a batch is left of the bound, so these come, sooner or later.
    while missing > 80 - 30 {
        missing -= within(kept.batches.recv()).await.unwrap().1;
    }
    // Shorter than a lane may keep a message before the server gives it out again, all turns together.
    let silence = Duration::from_millis(250);
    while let Ok(batch) = tokio::time::timeout(silence, kept.batches.recv()).await {
        missing -= batch.unwrap().1;
    }
    bus.publisher().publish(envelope("inbound.small.test", "small")).await.unwrap();
    // It waits for nobody's room; large ones may have been on their way through the silence.
    loop {
        let (subject, batch) = within(kept.batches.recv()).await.unwrap();
        if subject == "inbound.small.test" {
            break;
        }
        missing -= batch;
    }
    assert!(missing >= 80 - 48, "only {missing} of 80 MiB wait");
    // Each has its turn when others have let go.
    let most = kept.all(missing, silence).await;
    assert!((30..=49).contains(&most), "it had {most} at once");
    all_settled(&bus).await;
}

/// Has 60 messages of 1 MiB consumed, and a batch let go only when no more come.
pub async fn large_messages_come_a_few_at_a_time(bus: &Bus) {
    let payload = vec![b'x'; 1024 * 1024];
    for number in 0..60 {
        let large = envelope("inbound.a.test", &number.to_string());
        let large = Envelope { payload: payload.clone(), ..large };
        eventually(|| async { bus.publisher().publish(large.clone()).await.is_ok() }).await;
    }
    // Where messages come slowly each is a batch, and the bytes are to be the bound all the same.
    let wide = Consumption { batch: 100, concurrency: 32, ..consumption() };
    let most = Kept::start(bus, wide).all(60, Duration::from_secs(1)).await;
    assert!((15..=32).contains(&most), "it had {most} MiB at once");
    all_settled(bus).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_are_taken_a_few_at_a_time() {
    let (_server, bus) = Server::start().await;
    large_messages_come_a_few_at_a_time(&bus).await;
}

/// Another worker has made good a loss meanwhile, and the position may be another message's.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_hand_for_long_is_not_settled_with_a_consumer_made_anew() {
    let (server, bus) = Server::start().await;
    bus.publisher().publish(envelope("inbound.a.test", "1")).await.unwrap();
    let mut kept = Kept::start(&bus, Consumption { concurrency: 1, ..consumption() });
    within(kept.batches.recv()).await.unwrap();
    let stream = server.raw().await.get_stream("INBOUND").await.unwrap();
    stream.delete_consumer("sync-worker-a").await.unwrap();
    server.hurry().await;
    let theirs: PullConsumer = stream.get_consumer("sync-worker-a").await.unwrap();
    let taken = within(theirs.fetch().max_messages(1).messages().await.unwrap().next()).await;
    assert!(taken.is_some());
    // As long as it takes another worker to notice, and longer than anything else that is in hand.
    tokio::time::sleep(Duration::from_secs(6)).await;
    kept.let_go.add_permits(1);
    within(kept.batches.recv()).await.unwrap();
    let info = stream.consumer_info("sync-worker-a").await.unwrap();
    assert_eq!(info.ack_floor.stream_sequence, 0);
    kept.let_go.add_permits(9);
    all_settled(&bus).await;
}
