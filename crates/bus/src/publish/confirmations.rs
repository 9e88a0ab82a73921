//! Confirmations of published messages: all on one subscription, awaited a batch at a time.
//!
//! The client library's own confirmed publishing sets up a timer, a permit, a channel and two boxed
//! futures for each message. Here each batch needs one of each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, Message, StatusCode, Subject, jetstream};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde::de::Error as _;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::Published;

/// How many confirmations are taken in at once.
const AT_ONCE: usize = 256;
/// The slowest way to NATS, in bytes a second, on which even the largest messages are waited for.
const SLOWEST: u32 = 512 * 1024;

/// The server's answer to a message.
pub(super) type Answer = Result<Published, Refusal>;

/// Why a message is not in its stream.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It was not sent.
    Unsent(super::PublishError),
    /// No stream listens on its subject.
    NoStream,
    /// The stream refused it.
    Refused(jetstream::Error),
    /// The answer cannot be read.
    Unreadable(serde_json::Error),
}

/// The confirmations that a connection waits for.
#[derive(Debug)]
pub(crate) struct Confirmations {
    pending: Arc<Mutex<Pending>>,
    reading: OnceCell<Reading>,
}

#[derive(Debug)]
struct Reading {
    /// Confirmations arrive at `<inbox>.<batch>.<place>`.
    inbox: Arc<str>,
    task: JoinHandle<()>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Pending {
    /// How long to wait for an answer.
    answering: Duration,
    next: u64,
    batches: HashMap<u64, Waiting>,
    /// The batch that was answered last, which need not be waited for any more, and when.
    heard: Option<(u64, Instant)>,
}

#[derive(Debug)]
struct Waiting {
    answers: Vec<Option<Answer>>,
    missing: usize,
    /// The size of the largest message, in bytes.
    largest: usize,
    whole: Option<oneshot::Sender<()>>,
}

/// Messages that were, or are about to be, published together.
#[derive(Debug)]
pub(super) struct Batch {
    pending: Arc<Mutex<Pending>>,
    inbox: Arc<str>,
    number: u64,
    whole: oneshot::Receiver<()>,
}

impl Confirmations {
    /// None so far, each of which is waited for so long.
    pub(crate) fn within(answering: Duration) -> Self {
        let pending = Pending::within(answering);
        Self { pending: Arc::new(Mutex::new(pending)), reading: OnceCell::new() }
    }

    /// Prepares for the answers to `count` messages.
    pub(super) async fn expect(
        &self,
        client: &Client,
        count: usize,
    ) -> Result<Batch, async_nats::SubscribeError> {
        let reading = self.reading.get_or_try_init(|| self.read(client)).await?;
        Ok(Batch::of(count, &self.pending, &reading.inbox))
    }

    async fn read(&self, client: &Client) -> Result<Reading, async_nats::SubscribeError> {
        let inbox = client.new_inbox();
        let answers = client.subscribe(format!("{inbox}.*.*")).await?;
        let (pending, prefix) = (Arc::clone(&self.pending), inbox.len() + 1);
        let task = tokio::spawn(async move {
            let mut answers = answers.ready_chunks(AT_ONCE);
            while let Some(some) = answers.next().await {
                let read = some.iter().filter_map(|message| {
                    let (batch, place) = message.subject.get(prefix..)?.split_once('.')?;
                    Some((batch.parse().ok()?, place.parse().ok()?, answer(message)))
                });
                let read: Vec<_> = read.collect();
                let mut pending = lock(&pending);
                pending.hear(read, Instant::now());
            }
        });
        Ok(Reading { inbox: inbox.into(), task })
    }
}

impl Batch {
    fn of(count: usize, pending: &Arc<Mutex<Pending>>, inbox: &Arc<str>) -> Self {
        let (told, whole) = oneshot::channel();
        let answers = std::iter::repeat_with(|| None).take(count).collect();
        // An empty batch is answered at once: dropping the sender wakes its receiver.
        let told = (count > 0).then_some(told);
        let number =
            lock(pending).add(Waiting { answers, missing: count, largest: 0, whole: told });
        Self { pending: Arc::clone(pending), inbox: Arc::clone(inbox), number, whole }
    }

    /// The subject that the answer to a message has to go to.
    pub(super) fn reply(&self, place: usize) -> Subject {
        format!("{}.{}.{place}", self.inbox, self.number).into()
    }

    /// Notes the size of the largest message, in bytes.
    pub(super) fn note_largest(&self, bytes: usize) {
        if let Some(waiting) = lock(&self.pending).batches.get_mut(&self.number) {
            waiting.largest = bytes;
        }
    }

    /// Notes that a message was not sent.
    pub(super) fn unsent(&self, place: usize, error: super::PublishError) {
        lock(&self.pending).settle(self.number, place, Err(Refusal::Unsent(error)));
    }

    /// Waits until everything is answered, or no answer is to be expected any more.
    ///
    /// Messages go out one after the other, and on a slow way it takes long until it is the turn of these. So the time
    /// runs from the last answer to any message that was handed over before. An answer to a later one does not count:
    /// it shows that the way is free, and these are lost.
    pub(super) async fn answered(&mut self) {
        let begun = Instant::now();
        let mut until = begun + lock(&self.pending).answering;
        // The wait fails only for an empty batch. Otherwise the sender lives until this batch is dropped.
        while timeout_at(until, &mut self.whole).await.is_err() {
            until = lock(&self.pending).given_up(self.number, begun);
            if until <= Instant::now() {
                return;
            }
        }
    }

    /// Returns the answers that have come so far, by place.
    pub(super) fn answers(self) -> Vec<Option<Answer>> {
        lock(&self.pending).batches.remove(&self.number).map_or_else(Vec::new, |w| w.answers)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        lock(&self.pending).batches.remove(&self.number);
    }
}

impl Pending {
    fn within(answering: Duration) -> Self {
        Self { answering, next: 0, batches: HashMap::new(), heard: None }
    }

    fn add(&mut self, waiting: Waiting) -> u64 {
        let number = self.next;
        self.next += 1;
        self.batches.insert(number, waiting);
        number
    }

    /// Notes the answers that came together, in their order.
    fn hear(&mut self, answers: Vec<(u64, usize, Answer)>, now: Instant) {
        self.heard = answers.last().map(|(batch, ..)| (*batch, now)).or(self.heard);
        for (batch, place, answer) in answers {
            self.settle(batch, place, answer);
        }
    }

    /// When a batch that has waited since `begun` has waited for too long.
    fn given_up(&self, number: u64, begun: Instant) -> Instant {
        let heard = self.heard.filter(|(batch, _)| *batch <= number);
        let since = heard.map_or(begun, |(_, at)| at.max(begun));
        // One of these may be on its way.
        let ahead = self.batches.iter().filter(|(batch, _)| **batch <= number);
        let largest = ahead.map(|(_, waiting)| waiting.largest).max().unwrap_or(0);
        let largest = u32::try_from(largest).unwrap_or(u32::MAX);
        since + self.answering + Duration::from_secs((largest / SLOWEST).into())
    }

    /// Notes an answer. One that nobody waits for any more, or a second one, changes nothing.
    fn settle(&mut self, batch: u64, place: usize, answer: Answer) {
        let Some(waiting) = self.batches.get_mut(&batch) else { return };
        let Some(open @ None) = waiting.answers.get_mut(place) else { return };
        *open = Some(answer);
        waiting.missing -= 1;
        if waiting.missing == 0
            && let Some(whole) = waiting.whole.take()
        {
            // Fails if the publisher has just given up waiting.
            let _ = whole.send(());
        }
    }
}

/// What a stream answers. The client library's own type is read twice, once as a refusal and once as none.
#[derive(Deserialize)]
struct Told {
    seq: Option<u64>,
    #[serde(default)]
    duplicate: bool,
    error: Option<jetstream::Error>,
}

fn answer(message: &Message) -> Answer {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        return Err(Refusal::NoStream);
    }
    match serde_json::from_slice(&message.payload) {
        Ok(Told { error: Some(error), .. }) => Err(Refusal::Refused(error)),
        Ok(Told { seq: Some(sequence), duplicate, .. }) => Ok(Published { sequence, duplicate }),
        Ok(Told { .. }) => Err(Refusal::Unreadable(serde_json::Error::missing_field("seq"))),
        Err(error) => Err(Refusal::Unreadable(error)),
    }
}

fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Arc<Mutex<Pending>> {
        Arc::new(Mutex::new(Pending::within(Duration::from_secs(5))))
    }

    fn batch(pending: &Arc<Mutex<Pending>>, count: usize) -> Batch {
        Batch::of(count, pending, &"_INBOX.x".into())
    }

    fn stored(sequence: u64) -> Published {
        Published { sequence, duplicate: false }
    }

    fn sequences(batch: Batch) -> Vec<Option<u64>> {
        let sequence = |answer: Option<Answer>| answer.map(|a| a.map_or(0, |p| p.sequence));
        batch.answers().into_iter().map(sequence).collect()
    }

    #[tokio::test]
    async fn answers_go_to_their_places_whatever_their_order() {
        let pending = pending();
        let (mut first, second) = (batch(&pending, 3), batch(&pending, 1));
        assert_ne!(first.reply(0), second.reply(0));
        for (place, sequence) in [(2, 12), (0, 10), (1, 11)] {
            assert!(first.whole.try_recv().is_err());
            lock(&pending).settle(first.number, place, Ok(stored(sequence)));
            // A second answer, one to nothing, and one to nobody.
            lock(&pending).settle(first.number, place, Ok(stored(99)));
            lock(&pending).settle(first.number, 3, Ok(stored(99)));
            lock(&pending).settle(7, 0, Ok(stored(99)));
        }
        first.answered().await;
        assert_eq!(sequences(first), [Some(10), Some(11), Some(12)]);
        assert_eq!(sequences(second), [None]);
    }

    #[test]
    fn a_streams_answer_says_where_the_message_is_or_why_it_is_not() {
        let told = |payload: &str| {
            answer(&Message {
                subject: "_INBOX.x.0.0".into(),
                reply: None,
                payload: payload.to_owned().into(),
                headers: None,
                status: None,
                description: None,
                length: payload.len(),
            })
        };
        let read = told(r#"{"stream":"INBOUND","seq":7}"#);
        assert!(matches!(read, Ok(Published { sequence: 7, duplicate: false })));
        let again = told(r#"{"stream":"INBOUND","domain":"d","seq":7,"duplicate":true}"#);
        assert!(matches!(again, Ok(Published { sequence: 7, duplicate: true })));
        // A refusal, as servers word it, bears a sequence of 0.
        let full = r#"{"error":{"code":503,"err_code":10077,"description":"full"},"stream":"INBOUND","seq":0}"#;
        let Err(Refusal::Refused(error)) = told(full) else { panic!("not refused") };
        assert_eq!(error.code(), 503);
        for unreadable in ["", "{}", r#"{"stream":"INBOUND"}"#, r#"{"seq":-1}"#] {
            assert!(matches!(told(unreadable), Err(Refusal::Unreadable(_))), "{unreadable}");
        }
    }

    /// After how many seconds each of three batches gives up, of which the second has a message of so many bytes,
    /// if these are answered after so many seconds.
    async fn gave_up(largest: usize, answers: &[(u64, u64)]) -> [u64; 3] {
        let (pending, inbox) = (pending(), "_INBOX.x".into());
        let mut batches = [0, largest, 0].map(|bytes| {
            let batch = Batch::of(9, &pending, &inbox);
            batch.note_largest(bytes);
            batch
        });
        let begun = Instant::now();
        let waiting = async |batch: &mut Batch| {
            batch.answered().await;
            begun.elapsed().as_secs()
        };
        let [first, second, third] = &mut batches;
        let answering = async {
            for (second, batch) in answers {
                tokio::time::sleep_until(begun + Duration::from_secs(*second)).await;
                lock(&pending).hear(vec![(*batch, 0, Ok(stored(1)))], Instant::now());
            }
        };
        let waits = async { tokio::join!(waiting(first), waiting(second), waiting(third)) };
        let (waited, ()) = tokio::join!(waits, answering);
        waited.into()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_behind_others_gives_up_when_they_are_not_answered_either() {
        assert_eq!(gave_up(0, &[]).await, [5, 5, 5]);
        assert_eq!(gave_up(0, &[(4, 0), (8, 0), (12, 1), (16, 1)]).await, [13, 21, 21]);
        assert_eq!(gave_up(0, &[(4, 2), (8, 2)]).await, [5, 5, 13], "the others are lost");
        assert_eq!(gave_up(8 << 20, &[(4, 0)]).await, [9, 25, 25], "it takes its time");
    }

    #[test]
    fn nothing_is_left_of_who_gave_up() {
        let pending = pending();
        let (given_up, answered) = (batch(&pending, 2), batch(&pending, 1));
        drop(given_up);
        assert_eq!(sequences(answered), [None]);
        assert!(lock(&pending).batches.is_empty());
    }
}
