//! Publishes from the journal to the stream, in order, with many events in flight.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{Bus, PublishError, Published, Publisher};
use domain::in_words;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use service::retry::Policy;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::journal::{Confirmed, Feed, Outgoing, Record, Shared};

#[cfg(test)]
mod tests;

/// The most events, and bytes of them, in flight at once.
const IN_FLIGHT: usize = 1024;
const IN_FLIGHT_BYTES: usize = 64 * 1024 * 1024;
/// The most events that are sent, and settled, together.
const PORTION: usize = 128;
/// How many events publishing may run ahead of the oldest unsettled one.
const AHEAD: usize = 64 * 1024;
/// How many events may be set aside because the stream refused them. If it is more, the fault is not theirs.
pub(crate) const MAX_REFUSED: usize = 10_000;
/// How long a stopping program goes on publishing. What is left waits in the journal.
const DRAIN: Duration = Duration::from_secs(5);

type Flight = BoxFuture<'static, (Vec<Outgoing>, Vec<Result<Published, PublishError>>)>;

/// Publishes until `stop`, then publishes what is left for a short while. `failing` is set while the stream accepts
/// nothing.
pub(crate) async fn run(
    journal: Arc<Shared>,
    bus: Bus,
    failing: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    // The deadline holds whatever publishing waits for: a frozen server accepts nothing and says nothing.
    tokio::select! {
        () = publish(journal, bus, failing, &stop) => {}
        () = patience => {}
    }
}

/// Publishes until `stop`, and then until everything is published.
async fn publish(
    journal: Arc<Shared>,
    bus: Bus,
    failing: Arc<AtomicBool>,
    stop: &CancellationToken,
) {
    let mut connections = bus.connections();
    let mut feed = journal.feed();
    let mut publishing = Publishing::to(bus.publisher(), journal, failing);

    loop {
        publishing.launch_retries().await;
        let ready = publishing.may_go_on();
        let stopping = stop.is_cancelled();
        if stopping && publishing.is_idle() && feed.is_drained() {
            break;
        }
        let paused_until = publishing.paused_until;
        tokio::select! {
            biased;
            Some((portion, results)) = publishing.flights.next() => {
                publishing.land(portion, results);
            }
            () = at(paused_until) => publishing.paused_until = None,
            Ok(()) = connections.changed() => publishing.resume(),
            () = stop.cancelled(), if !stopping => {}
            () = feed.filled(), if ready => publishing.launch_next(&mut feed).await,
        }
        publishing.advance(feed.position());
    }
}

/// Notes that the stream refuses an event for good, so that it stays in the journal.
pub(crate) fn refuse(journal: &Shared, record: &Record, error: &PublishError) {
    if journal.refuse(record.sequence) {
        tracing::error!(
            error = in_words(error),
            trace.id = record.inbound.trace.trace_id(),
            journal.sequence = record.sequence,
            event.id = %record.inbound.id,
            account.key = %record.inbound.account,
            "the stream refuses an event for good: it stays in the journal and is tried again \
             when NATS or this program has been restarted"
        );
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

struct Publishing {
    publisher: Publisher,
    journal: Arc<Shared>,
    flights: FuturesUnordered<Flight>,
    flying: usize,
    flying_bytes: usize,
    retries: VecDeque<Outgoing>,
    window: Window,
    /// Failures in a row.
    failures: u32,
    /// Whether there are failures, for the health check.
    failing: Arc<AtomicBool>,
    /// Set by a failure: nothing is sent until then.
    paused_until: Option<Instant>,
    refused: usize,
}

impl Publishing {
    fn to(publisher: Publisher, journal: Arc<Shared>, failing: Arc<AtomicBool>) -> Self {
        Self {
            publisher,
            journal,
            flights: FuturesUnordered::new(),
            flying: 0,
            flying_bytes: 0,
            retries: VecDeque::new(),
            window: Window::default(),
            failures: 0,
            failing,
            paused_until: None,
            refused: 0,
        }
    }

    /// Whether more may be sent.
    fn has_room(&self) -> bool {
        self.paused_until.is_none() && self.may_fly() && self.window.0.len() < AHEAD
    }

    /// Whether more may be in flight.
    fn may_fly(&self) -> bool {
        self.flying < IN_FLIGHT && self.flying_bytes < IN_FLIGHT_BYTES
    }

    /// Whether what failed may be sent again. Until something succeeds, a portion at a time: what failed may still wait
    /// inside the client library, and each further copy would wait behind it.
    fn may_retry(&self) -> bool {
        self.paused_until.is_none()
            && self.may_fly()
            && (self.failures == 0 || self.flights.is_empty())
    }

    fn may_go_on(&self) -> bool {
        self.retries.is_empty() && self.has_room()
    }

    fn is_idle(&self) -> bool {
        self.flights.is_empty() && self.retries.is_empty()
    }

    /// Sends events that are ready, as far as there is room.
    async fn launch_next(&mut self, feed: &mut Feed) {
        let mut portion = Vec::new();
        while portion.len() < PORTION
            && self.has_room()
            && let Some(outgoing) = feed.ready()
        {
            self.window.add(outgoing.record.sequence);
            self.board(outgoing, &mut portion);
        }
        if !portion.is_empty() {
            self.launch(portion).await;
        }
    }

    async fn launch_retries(&mut self) {
        while !self.retries.is_empty() && self.may_retry() {
            let mut portion = Vec::new();
            while portion.len() < PORTION
                && self.may_fly()
                && let Some(outgoing) = self.retries.pop_front()
            {
                self.board(outgoing, &mut portion);
            }
            self.launch(portion).await;
        }
    }

    fn board(&mut self, outgoing: Outgoing, portion: &mut Vec<Outgoing>) {
        self.flying += 1;
        self.flying_bytes += outgoing.record.body.len();
        portion.push(outgoing);
    }

    async fn launch(&mut self, portion: Vec<Outgoing>) {
        let envelope = |o: &Outgoing| o.record.inbound.envelope(o.record.body.clone());
        let under_way = self.publisher.start_all(portion.iter().map(envelope).collect()).await;
        self.flights.push(Box::pin(async move { (portion, under_way.answers().await) }));
    }

    fn land(&mut self, portion: Vec<Outgoing>, results: Vec<Result<Published, PublishError>>) {
        let confirmed = portion.iter().zip(&results).filter_map(|(outgoing, result)| {
            let position = result.as_ref().ok()?.sequence;
            Some(Confirmed { position, event: outgoing.record.inbound.id })
        });
        if let Some(furthest) = confirmed.max_by_key(|confirmed| confirmed.position) {
            if results.iter().all(Result::is_ok) {
                self.journal.confirmed(furthest);
            } else {
                self.journal.confirmed_last(furthest);
            }
        }
        for (outgoing, result) in portion.into_iter().zip(results) {
            self.settle(outgoing, result);
        }
    }

    fn settle(&mut self, outgoing: Outgoing, result: Result<Published, PublishError>) {
        let sequence = outgoing.record.sequence;
        self.flying -= 1;
        self.flying_bytes -= outgoing.record.body.len();
        match result {
            Ok(_) => {
                if self.failures > 0 {
                    tracing::info!("publishing again");
                    self.failures = 0;
                    self.failing.store(false, Ordering::Relaxed);
                }
                self.window.settle(sequence);
                self.journal.settled(&outgoing.record);
                if let Some(waiter) = outgoing.waiter {
                    let _ = waiter.send(());
                }
            }
            Err(error) if error.is_permanent() && self.refused < MAX_REFUSED => {
                self.refused += 1;
                refuse(&self.journal, &outgoing.record, &error);
                self.window.settle(sequence);
                self.journal.settled(&outgoing.record);
            }
            Err(error) => {
                self.retries.push_back(outgoing);
                self.pause(&error);
            }
        }
    }

    /// Pauses sending after a failure. Of many events that fail together only the first one counts.
    fn pause(&mut self, error: &PublishError) {
        if self.paused_until.is_some() {
            return;
        }
        if self.failures == 0 {
            tracing::warn!(
                error = in_words(error),
                "publishing failed; events wait in the journal"
            );
        }
        self.failures = self.failures.saturating_add(1);
        self.failing.store(true, Ordering::Relaxed);
        self.paused_until = Some(Instant::now() + Policy::NEAR.delay(self.failures));
    }

    fn resume(&mut self) {
        self.paused_until = None;
    }

    /// Tells the journal that everything before the oldest unsettled event, or before `next`, is settled.
    fn advance(&self, next: u64) {
        self.journal.advance(self.window.oldest().unwrap_or(next));
    }
}

/// The events that were sent, in order, beginning with the oldest unsettled one.
#[derive(Debug, Default)]
struct Window(VecDeque<(u64, Settled)>);

type Settled = bool;

impl Window {
    fn add(&mut self, sequence: u64) {
        self.0.push_back((sequence, false));
    }

    fn settle(&mut self, sequence: u64) {
        if let Ok(index) = self.0.binary_search_by_key(&sequence, |(sequence, _)| *sequence) {
            self.0[index].1 = true;
        }
        while self.0.front().is_some_and(|(_, settled)| *settled) {
            self.0.pop_front();
        }
    }

    fn oldest(&self) -> Option<u64> {
        self.0.front().map(|(sequence, _)| *sequence)
    }
}
