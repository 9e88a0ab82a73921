//! One client's stream.
//!
//! ```text
//! waiting ──► replaying ──► live
//!   for the     what was      until the client goes, falls behind,
//!   stream      missed        or the program stops
//! ```

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bus::{BusError, Most, Part, Tailed};
use bytes::Bytes;
use domain::TenantId;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::endings::Ending;
use super::fan_out::{FanOut, Joined, Signal};
use super::frame::{self, Event, Filter};
use super::history::History;
use super::position::{Position, Resume};

/// How much is read from the stream at once. A client that takes its frames slowly holds as much in
/// memory meanwhile, and so may thousands.
const CHUNK: Most = Most { messages: 200, bytes: 128 * 1024 };
/// The largest missed event that is told. Of what is told live, all clients hold the same frame, but of what was missed
/// each holds its own, for as long as it takes to read it; for a larger one, reading the state again is cheaper.
const LARGEST_MISSED: usize = CHUNK.bytes;
/// Missed events that are told one by one. For more, reading the state again is cheaper.
const MOST_MISSED: usize = 5_000;
/// How long to wait after the stream could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// What a client asked for.
pub(crate) struct Terms {
    pub(crate) tenant: TenantId,
    pub(crate) filter: Filter,
    pub(crate) resume: Resume,
    /// The longest time without a frame.
    pub(crate) heartbeat: Duration,
    /// How long the client waits before it comes back, in milliseconds.
    pub(crate) retry: u32,
}

type Reading = Pin<Box<dyn Future<Output = Result<Part, BusError>> + Send>>;

enum Phase {
    Waiting(Resume),
    Replaying(Replay),
    Live,
}

struct Replay {
    /// Where this client's share of the fan-out begins.
    join: Position,
    reading: Reading,
    told: usize,
}

/// Frames for one client, in order.
pub(crate) struct Session<H> {
    history: H,
    fan_out: FanOut,
    tenant: TenantId,
    filter: Filter,
    signals: broadcast::Receiver<Signal>,
    phase: Phase,
    /// The last sequence that the client has heard of.
    heard: u64,
    frames: VecDeque<Bytes>,
    heartbeat: Interval,
    ending: Ending,
}

impl<H: History> Session<H> {
    pub(crate) fn begin(history: H, fan_out: FanOut, terms: Terms, ending: Ending) -> Self {
        // First of all, so that nothing is lost between what is read and what is heard.
        let Joined { position, signals } = fan_out.join(&terms.tenant);
        let first = Instant::now() + terms.heartbeat;
        let mut heartbeat = tokio::time::interval_at(first, terms.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut session = Self {
            history,
            fan_out,
            tenant: terms.tenant,
            filter: terms.filter,
            signals,
            phase: Phase::Live,
            heard: 0,
            frames: VecDeque::from([frame::retry(terms.retry)]),
            heartbeat,
            ending,
        };
        match position {
            Some(position) => session.resume(terms.resume, &position),
            None => session.phase = Phase::Waiting(terms.resume),
        }
        session
    }

    /// Returns the next frame to write, or `None` when the stream ends.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            let stopped = match &mut self.phase {
                Phase::Replaying(replay) => {
                    tokio::select! {
                        biased;
                        () = &mut self.ending => true,
                        read = &mut replay.reading => {
                            self.replayed(read);
                            false
                        }
                        _ = self.heartbeat.tick() => return Some(frame::heartbeat(None)),
                    }
                }
                Phase::Waiting(_) | Phase::Live => {
                    tokio::select! {
                        biased;
                        () = &mut self.ending => true,
                        signal = self.signals.recv() => self.hear(signal),
                        _ = self.heartbeat.tick() => return Some(self.heartbeat_frame()),
                    }
                }
            };
            if stopped {
                return None;
            }
        }
    }

    /// Goes on from where the client was. Everything after `join` is heard from the fan-out.
    fn resume(&mut self, resume: Resume, join: &Position) {
        match resume {
            Resume::Now => self.go_live(frame::ready(join), join),
            Resume::After(last) if last == *join => self.go_live(frame::ready(join), join),
            // Another process may have told the client more than this one has heard of yet. Only
            // the stream knows whether that can be.
            Resume::After(last) if last.epoch == join.epoch => {
                self.heard = last.sequence;
                let reading = self.read(join, Duration::ZERO);
                self.phase = Phase::Replaying(Replay { join: join.clone(), reading, told: 0 });
            }
            Resume::After(_) | Resume::Nowhere => self.go_live(frame::reset(join), join),
        }
    }

    fn go_live(&mut self, frame: Bytes, join: &Position) {
        self.frames.push_back(frame);
        self.heard = self.heard.max(join.sequence);
        self.phase = Phase::Live;
    }

    fn read(&self, join: &Position, pause: Duration) -> Reading {
        let (history, tenant) = (self.history.clone(), self.tenant.clone());
        let (after, up_to) = (join.at(self.heard), join.sequence.max(self.heard));
        Box::pin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            history.read(tenant, after, up_to, CHUNK).await
        })
    }

    fn replayed(&mut self, read: Result<Part, BusError>) {
        let Phase::Replaying(Replay { join, mut told, .. }) =
            std::mem::replace(&mut self.phase, Phase::Live)
        else {
            return;
        };
        let pause = match read {
            Ok(Part { messages, more }) => {
                told += messages.len();
                for message in messages {
                    if !self.tell_missed(&join, &message) {
                        return self.go_live(frame::reset(&join), &join);
                    }
                }
                if !more {
                    let caught_up = join.at(join.sequence.max(self.heard));
                    return self.go_live(frame::ready(&caught_up), &join);
                }
                if told >= MOST_MISSED {
                    return self.go_live(frame::reset(&join), &join);
                }
                Duration::ZERO
            }
            Err(BusError::Reset { .. }) => {
                self.heard = join.sequence;
                return self.go_live(frame::reset(&join), &join);
            }
            Err(error) => {
                tracing::debug!(%error, "cannot read a client's past yet");
                PAUSE
            }
        };
        let reading = self.read(&join, pause);
        self.phase = Phase::Replaying(Replay { join, reading, told });
    }

    /// Returns whether the client can go on from there, and need not read the state again.
    fn tell_missed(&mut self, join: &Position, message: &Tailed) -> bool {
        if message.sequence <= self.heard {
            return true;
        }
        self.heard = message.sequence;
        let position = join.at(message.sequence);
        // An unreadable message was counted when it passed through the fan-out.
        if let Ok(event) =
            Event::read(Some((&position, &message.headers)), &message.subject, &message.payload)
            && self.filter.admits(&event)
        {
            if event.frame.len() > LARGEST_MISSED {
                return false;
            }
            self.frames.push_back(event.frame);
        }
        true
    }

    /// Takes in a signal. Returns whether the stream ends.
    fn hear(&mut self, signal: Result<Signal, RecvError>) -> bool {
        match signal {
            Ok(Signal::Begin(position)) => {
                self.heard = 0;
                match std::mem::replace(&mut self.phase, Phase::Live) {
                    Phase::Waiting(resume) => self.resume(resume, &position),
                    Phase::Live | Phase::Replaying(_) => {
                        self.go_live(frame::reset(&position), &position);
                    }
                }
                false
            }
            Ok(Signal::Event(event)) => {
                // Dropped, since too much came after it.
                let Some(event) = event.upgrade() else { return cut() };
                match event.sequence {
                    Some(sequence) if sequence <= self.heard => return false,
                    Some(sequence) => self.heard = sequence,
                    None => {}
                }
                if self.filter.admits(&event) {
                    self.frames.push_back(event.frame.clone());
                }
                false
            }
            Err(RecvError::Lagged(_)) => cut(),
            Err(RecvError::Closed) => true,
        }
    }

    /// Makes a heartbeat, with the position if the client has heard all that led to it. Without positions, a
    /// client whose events are rare would come back from a place that the stream has long forgotten.
    fn heartbeat_frame(&mut self) -> Bytes {
        // In this order: all that the position includes is in the channel by now.
        let position = self.fan_out.position();
        let all_heard = matches!(self.phase, Phase::Live) && self.signals.is_empty();
        match position.filter(|position| all_heard && position.sequence >= self.heard) {
            Some(position) => {
                self.heard = position.sequence;
                frame::heartbeat(Some(&position))
            }
            None => frame::heartbeat(None),
        }
    }
}

/// Ends a stream whose client fell behind. The client comes back and resumes from where it was.
fn cut() -> bool {
    metrics::counter!("axis_api_streams_cut_total").increment(1);
    true
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
