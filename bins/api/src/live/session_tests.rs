//! However publishing, feeding, reading, reconnecting and forgetting interleave, a client hears of
//! every event of its tenant once and in order, or is told to read the state again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{BusError, Tailed};
use bytes::Bytes;
use domain::TenantId;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::super::endings::Endings;
use super::*;

#[path = "session_missed_tests.rs"]
mod missed;

const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Clone)]
enum Act {
    /// A tenant's event enters the stream.
    Publish { ours: bool },
    /// A process's tail hands on the next message.
    Feed { process: usize },
    /// The client's session is polled.
    Poll,
    /// The client loses its connection and comes back to a process.
    Reconnect { process: usize },
    /// Time passes until the next heartbeat.
    Wait,
    /// The stream forgets its oldest messages.
    Forget,
    /// The stream begins a new epoch.
    NewEpoch,
}

fn steady() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => any::<bool>().prop_map(|ours| Act::Publish { ours }),
        8 => (0..2usize).prop_map(|process| Act::Feed { process }),
        12 => Just(Act::Poll),
        2 => (0..2usize).prop_map(|process| Act::Reconnect { process }),
        1 => Just(Act::Wait),
    ]
}

fn eventful() -> impl Strategy<Value = Act> {
    prop_oneof![20 => steady(), 1 => Just(Act::Forget), 1 => Just(Act::NewEpoch)]
}

#[derive(Default)]
struct Stream {
    epoch: u32,
    first: u64,
    /// Whether the message at each position, from 1, is our tenant's.
    ours: Vec<bool>,
    /// The positions of large messages.
    large: Vec<u64>,
}

impl Stream {
    fn end(&self) -> u64 {
        self.ours.len() as u64
    }

    fn message(&self, sequence: u64) -> Tailed {
        let ours = self.ours[usize::try_from(sequence).unwrap() - 1];
        let tenant = if ours { "ours" } else { "theirs" };
        let payload = if self.large.contains(&sequence) {
            format!(r#"{{"a":"{}"}}"#, "x".repeat(3_000_000)).into()
        } else {
            Bytes::from_static(b"{}")
        };
        Tailed {
            sequence,
            subject: format!("activity.{tenant}.note"),
            payload,
            headers: events::Headers::default(),
        }
    }

    fn position(&self) -> Position {
        Position { epoch: format!("e{}", self.epoch).into(), sequence: self.end() }
    }
}

#[derive(Clone, Default)]
struct Past(Arc<Mutex<Stream>>);

impl History for Past {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        most: Most,
    ) -> Result<Part, BusError> {
        let after = after.sequence;
        tokio::task::yield_now().await;
        let stream = self.0.lock().unwrap();
        if after > stream.end() || after + 1 < stream.first {
            return Err(BusError::Reset { after });
        }
        let from = (after + 1).max(stream.first).max(1);
        let mut messages: Vec<_> = (from..=up_to.min(stream.end()))
            .map(|sequence| stream.message(sequence))
            .filter(|message| message.subject.starts_with(&format!("activity.{tenant}.")))
            .collect();
        // Fewer than asked for, as where they are large.
        let some = most.messages.min(3);
        let more = messages.len() > some;
        messages.truncate(some);
        Ok(Part { messages, more })
    }
}

struct World {
    past: Past,
    fan_outs: [FanOut; 2],
    /// What each fan-out was fed last.
    fed: [u64; 2],
    session: Session<Past>,
    heard: Vec<(Position, String)>,
}

impl World {
    fn begin() -> Self {
        let past = Past::default();
        let fan_outs = [FanOut::default(), FanOut::default()];
        for fan_out in &fan_outs {
            fan_out.begin(&past.0.lock().unwrap().position());
        }
        let session = connect(&past, &fan_outs[0], Resume::Now);
        Self { past, fan_outs, fed: [0; 2], session, heard: Vec::new() }
    }

    async fn act(&mut self, act: &Act) {
        match *act {
            Act::Publish { ours } => self.past.0.lock().unwrap().ours.push(ours),
            Act::Feed { process } => self.feed(process),
            Act::Poll => self.poll(),
            Act::Reconnect { process } => {
                let last = self.heard.last().map(|(position, _)| position.to_string());
                let resume = Resume::from_last_event_id(last.as_deref());
                self.session = connect(&self.past, &self.fan_outs[process], resume);
            }
            Act::Wait => tokio::time::advance(HEARTBEAT).await,
            Act::Forget => {
                let mut stream = self.past.0.lock().unwrap();
                // Tails are never so far behind.
                stream.first = self.fed[0].min(self.fed[1]).max(stream.first);
            }
            Act::NewEpoch => {
                let mut stream = self.past.0.lock().unwrap();
                *stream = Stream { epoch: stream.epoch + 1, ..Stream::default() };
                self.fed = [0; 2];
                for fan_out in &self.fan_outs {
                    fan_out.begin(&stream.position());
                }
            }
        }
        // Gives the runtime back what polling took from its budget.
        tokio::task::yield_now().await;
    }

    fn feed(&mut self, process: usize) {
        let stream = self.past.0.lock().unwrap();
        if self.fed[process] < stream.end() {
            self.fed[process] += 1;
            self.fan_outs[process].event(&stream.message(self.fed[process]));
        }
    }

    fn poll(&mut self) {
        while let Some(frame) = self.session.next().now_or_never() {
            let frame = frame.expect("nobody cuts this client");
            let frame = std::str::from_utf8(&frame).unwrap();
            let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
            if let Some(id) = field("id: ") {
                let kind = field("event: ").unwrap_or("heartbeat").to_owned();
                self.heard.push((id.parse().unwrap(), kind));
            }
        }
    }

    /// Hands on and reads all that is left.
    async fn settle(&mut self) {
        for process in 0..2 {
            while self.fed[process] < self.past.0.lock().unwrap().end() {
                self.feed(process);
            }
        }
        for _ in 0..4 {
            self.act(&Act::Poll).await;
        }
    }

    /// Goes over what the client heard since its first word and says what is wrong with it.
    fn check(&self) -> Result<(), TestCaseError> {
        let stream = self.past.0.lock().unwrap();
        let missed = |after: u64, before: u64| {
            (after + 1..before)
                .find(|sequence| stream.ours[usize::try_from(*sequence - 1).unwrap()])
        };
        let Some((mut last, _)) = self.heard.first().cloned() else { return Ok(()) };
        for (position, kind) in &self.heard[1..] {
            let current = position.epoch == stream.position().epoch;
            if kind != "reset" {
                prop_assert_eq!(&position.epoch, &last.epoch, "another epoch without a reset");
                if kind == "note" {
                    prop_assert!(position.sequence > last.sequence, "{} again", position);
                    if current {
                        prop_assert_eq!(missed(last.sequence, position.sequence), None);
                    }
                } else if current && position.sequence > last.sequence {
                    prop_assert_eq!(missed(last.sequence, position.sequence + 1), None);
                } else {
                    prop_assert!(position.sequence >= last.sequence, "back to {}", position);
                }
            }
            last = position.clone();
        }
        prop_assert_eq!(&last.epoch, &stream.position().epoch);
        prop_assert_eq!(missed(last.sequence, stream.end() + 1), None, "never told");
        Ok(())
    }
}

fn terms(resume: Resume) -> Terms {
    Terms {
        tenant: "ours".parse().unwrap(),
        filter: Filter::default(),
        resume,
        heartbeat: HEARTBEAT,
        retry: 1_000,
    }
}

fn connect(past: &Past, fan_out: &FanOut, resume: Resume) -> Session<Past> {
    let endings = Endings::at(CancellationToken::new());
    Session::begin(past.clone(), fan_out.clone(), terms(resume), endings.join())
}

fn run(acts: &[Act]) -> Result<World, TestCaseError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let mut world = World::begin();
        world.poll();
        for act in acts {
            world.act(act).await;
        }
        world.settle().await;
        world.check()?;
        Ok(world)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_is_missed_or_repeated(acts in proptest::collection::vec(steady(), 0..120)) {
        let world = run(&acts)?;
        let resets = world.heard.iter().filter(|(_, kind)| kind == "reset").count();
        prop_assert_eq!(resets, 0, "a reset without a reason");
    }

    #[test]
    fn what_cannot_be_told_is_a_reset(acts in proptest::collection::vec(eventful(), 0..120)) {
        run(&acts)?;
    }
}

#[test]
fn who_comes_from_another_epoch_or_from_nowhere_is_reset() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let past = Past::default();
    let fan_out = FanOut::default();
    fan_out.begin(&past.0.lock().unwrap().position());
    for last in ["other:0", "e0:99", "nonsense"] {
        let mut session = connect(&past, &fan_out, Resume::from_last_event_id(Some(last)));
        let mut frames = String::new();
        for _ in 0..4 {
            while let Some(Some(frame)) = session.next().now_or_never() {
                frames.push_str(std::str::from_utf8(&frame).unwrap());
            }
        }
        assert!(frames.contains("id: e0:0\nevent: reset\n"), "{last}: {frames}");
    }
}

#[test]
fn who_comes_before_the_stream_can_be_read_waits_for_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let (past, fan_out) = (Past::default(), FanOut::default());
    let mut session = connect(&past, &fan_out, Resume::Now);
    assert_eq!(session.next().now_or_never(), Some(Some(frame::retry(1_000))));
    assert_eq!(session.next().now_or_never(), None);
    let position = past.0.lock().unwrap().position();
    fan_out.begin(&position);
    assert_eq!(session.next().now_or_never(), Some(Some(frame::ready(&position))));
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_until_its_own_ending() {
    let (past, fan_out) = (Past::default(), FanOut::default());
    fan_out.begin(&past.0.lock().unwrap().position());
    let shutdown = CancellationToken::new();
    let endings = Endings::at(shutdown.clone());
    let _others: Vec<_> = (0..5_000).map(|_| endings.join()).collect();
    let begin =
        || Session::begin(past.clone(), fan_out.clone(), terms(Resume::Now), endings.join());
    let mut sessions: Vec<_> = (0..20).map(|_| begin()).collect();
    for session in &mut sessions {
        while session.next().now_or_never().is_some() {}
    }
    shutdown.cancel();
    past.0.lock().unwrap().ours.push(true);
    fan_out.event(&past.0.lock().unwrap().message(1));
    let mut heard = 0;
    for session in &mut sessions {
        while session.next().await.is_some() {
            heard += 1;
        }
    }
    assert!(heard > 0, "who is still there is told");
    let all_over = tokio::time::timeout(HEARTBEAT, endings.over());
    all_over.await.unwrap();
}

#[test]
fn who_falls_behind_is_cut() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let (past, fan_out) = (Past::default(), FanOut::default());
    fan_out.begin(&past.0.lock().unwrap().position());
    let mut session = connect(&past, &fan_out, Resume::Now);
    while session.next().now_or_never().is_some() {}
    let mut stream = past.0.lock().unwrap();
    for sequence in 1..=2_000 {
        stream.ours.push(true);
        fan_out.event(&stream.message(sequence));
    }
    assert_eq!(session.next().now_or_never(), Some(None));
}

/// One event may be a mail of megabytes.
#[test]
fn who_falls_behind_by_much_is_cut_and_who_does_not_hears_all_of_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let (past, fan_out) = (Past::default(), FanOut::default());
    fan_out.begin(&past.0.lock().unwrap().position());
    let [mut slow, mut quick] = [(); 2].map(|()| connect(&past, &fan_out, Resume::Now));
    for session in [&mut slow, &mut quick] {
        while session.next().now_or_never().is_some() {}
    }
    let mut stream = past.0.lock().unwrap();
    let mail = format!("{{\"mail\":\"{}\"}}", "x".repeat(1 << 20));
    for sequence in 1..=20 {
        stream.ours.push(true);
        let payload = Bytes::from(mail.clone());
        fan_out.event(&Tailed { payload, ..stream.message(sequence) });
        let heard = quick.next().now_or_never().flatten();
        assert!(heard.is_some_and(|frame| frame.len() > mail.len()), "{sequence}");
    }
    assert_eq!(slow.next().now_or_never(), Some(None));
}

#[test]
fn a_sign_of_life_never_runs_ahead_of_what_was_heard() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let (past, fan_out) = (Past::default(), FanOut::default());
    fan_out.begin(&past.0.lock().unwrap().position());
    let mut session = connect(&past, &fan_out, Resume::Now);
    while session.next().now_or_never().is_some() {}
    let mut stream = past.0.lock().unwrap();
    stream.ours.extend([false, true]);
    fan_out.event(&stream.message(1));
    let theirs = stream.position().at(1);
    assert_eq!(session.heartbeat_frame(), frame::heartbeat(Some(&theirs)), "nothing of ours in it");
    fan_out.event(&stream.message(2));
    assert_eq!(session.heartbeat_frame(), frame::heartbeat(None), "one of ours waits");
    assert!(session.next().now_or_never().is_some());
    assert_eq!(session.heartbeat_frame(), frame::heartbeat(Some(&theirs.at(2))));
}
