//! Whether a stream has stopped to take anything.
//!
//! A server whose disk was full may go on answering everything but what is to be stored, even when there is room again.
//! Nothing but what becomes of messages tells that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Published;
use crate::PublishError;

/// A stream that has confirmed nothing for so long stands still.
const LASTING: Duration = Duration::from_secs(30);
/// How long that counts if nothing more is published.
const COUNTS: Duration = Duration::from_mins(5);

/// The streams that have not confirmed what they were given last.
#[derive(Debug, Default)]
pub(crate) struct Standstills {
    /// By the first token of their subjects.
    streams: Mutex<HashMap<String, Standstill>>,
    /// Whether there are any, so that nobody waits for the lock while all is well.
    any: AtomicBool,
}

/// From the first to the last message in a row that was not confirmed.
#[derive(Debug)]
struct Standstill {
    began: Instant,
    last: Instant,
}

impl Standstills {
    /// Notes what became of a message.
    pub(super) fn note(&self, subject: &str, result: &Result<Published, PublishError>) {
        let confirmed = match result {
            // Without a connection, nobody knows what the stream would do.
            Ok(_) | Err(PublishError::Unavailable) => true,
            // The message is at fault.
            Err(error) if error.is_permanent() => return,
            Err(_) => false,
        };
        if confirmed && !self.any.load(Ordering::Relaxed) {
            return;
        }
        let now = Instant::now();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = first(subject);
        if confirmed {
            streams.remove(stream);
        } else if let Some(standstill) = streams.get_mut(stream) {
            if now.duration_since(standstill.last) >= COUNTS {
                // Nobody knows what the stream did in between.
                standstill.began = now;
            }
            standstill.last = now;
        } else {
            streams.insert(stream.to_owned(), Standstill { began: now, last: now });
        }
        self.any.store(!streams.is_empty(), Ordering::Relaxed);
    }

    /// Forgets all: of a connection that was made again, nobody knows yet.
    pub(crate) fn forget(&self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.clear();
        self.any.store(false, Ordering::Relaxed);
    }

    /// Whether a stream has confirmed nothing for about half a minute, although it was asked to.
    pub(crate) fn lasts(&self, stream: &str) -> bool {
        let stream = stream.to_ascii_lowercase().replace('_', "-");
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(&stream).is_some_and(|Standstill { began, last }| {
            last.duration_since(*began) >= LASTING && last.elapsed() < COUNTS
        })
    }
}

fn first(subject: &str) -> &str {
    subject.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use events::subject::{ACTIVITY, INBOUND};
    use tokio::time::advance;

    use super::*;

    const SUBJECT: &str = "activity.acme.message_created";
    const CONFIRMED: Result<Published, PublishError> =
        Ok(Published { sequence: 1, duplicate: false });

    #[tokio::test(start_paused = true)]
    async fn what_confirms_nothing_for_half_a_minute_stands_still_until_it_confirms_something() {
        let standstills = Standstills::default();
        for _ in 0..2 {
            for _ in 0..6 {
                standstills.note(SUBJECT, &Err(PublishError::Timeout));
                assert!(!standstills.lasts(ACTIVITY));
                advance(LASTING / 6).await;
            }
            assert!(!standstills.lasts(ACTIVITY), "nobody has asked for a while");
            standstills.note(SUBJECT, &Err(PublishError::Timeout));
            assert!(standstills.lasts(ACTIVITY));
            assert!(!standstills.lasts(INBOUND));
            standstills.note("inbound.a.message_created", &CONFIRMED);
            assert!(standstills.lasts(ACTIVITY));
            standstills.note(SUBJECT, &CONFIRMED);
            assert!(!standstills.lasts(ACTIVITY));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_says_nothing_of_the_stream_does_not_count() {
        let standstills = Standstills::default();
        let fails = async || {
            standstills.note(SUBJECT, &Err(PublishError::Timeout));
            advance(LASTING).await;
        };
        fails().await;
        let large = PublishError::TooLarge("too large".into());
        standstills.note(SUBJECT, &Err(large));
        assert!(!standstills.lasts(ACTIVITY));
        standstills.note(SUBJECT, &Err(PublishError::Unavailable));
        fails().await;
        assert!(!standstills.lasts(ACTIVITY), "there was no connection");
        fails().await;
        assert!(standstills.lasts(ACTIVITY));
        standstills.forget();
        assert!(!standstills.lasts(ACTIVITY), "the connection is another one");
        fails().await;
        fails().await;
        assert!(standstills.lasts(ACTIVITY));
        advance(COUNTS).await;
        assert!(!standstills.lasts(ACTIVITY), "that was long ago");
        fails().await;
        assert!(!standstills.lasts(ACTIVITY), "once, long after that");
        fails().await;
        assert!(standstills.lasts(ACTIVITY));
    }
}
