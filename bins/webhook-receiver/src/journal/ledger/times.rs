//! Carries over from one run of the program to the next how long segments have been settled.
//!
//! A host's clock is set now and then. So a run reads it once, when it starts, and counts from there: the times that it
//! notes are as far apart as they really were. How long there was no run only the clock can tell. If it was set
//! forward meanwhile, it tells too much. So for a segment that NATS may not have synced, that time counts only as far
//! as the segment still stays for long enough.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Ledger, UNSYNCED};

/// How often to note that the stream is still beyond doubt.
const OFTEN: Duration = Duration::from_secs(30);

/// The host's clock as it was when this run started.
#[derive(Debug, Clone, Copy)]
pub(in crate::journal) struct Clock {
    started: Instant,
    started_at: DateTime<Utc>,
}

impl Clock {
    pub(in crate::journal) fn start() -> Self {
        Self { started: Instant::now(), started_at: Utc::now() }
    }

    fn time(&self, instant: Instant) -> DateTime<Utc> {
        let span = |later: Instant, earlier| {
            TimeDelta::from_std(later.saturating_duration_since(earlier)).unwrap_or_default()
        };
        self.started_at + span(instant, self.started) - span(self.started, instant)
    }

    fn ago(&self, span: Duration) -> Instant {
        self.started.checked_sub(span).unwrap_or(self.started)
    }
}

/// How long before `later` it was, or nothing if it was after that.
fn before(later: DateTime<Utc>, earlier: DateTime<Utc>) -> Duration {
    (later - earlier).to_std().unwrap_or_default()
}

impl Ledger {
    /// Takes up the times that an earlier run noted in the mark.
    pub(super) fn resume(&mut self, clock: &Clock) {
        let since = clock.started;
        self.doubted_since = Some(since);
        let Some(sound_until) = self.mark.sound_until else { return };
        let away = before(clock.started_at, sound_until);
        self.doubted_since = Some(clock.ago(away));
        let enough = UNSYNCED.min(self.limits.keep_for);
        let restored = |noted: DateTime<Utc>| {
            let age = before(sound_until, noted);
            let most = self.limits.keep_for.saturating_sub(enough.saturating_sub(age));
            clock.ago(if age < enough { most.min(age + away) } else { age + away })
        };
        for segment in self.segments.iter_mut().filter(|one| one.end <= self.mark.below) {
            let noted = self.mark.settled.get(&segment.first);
            segment.settled_at = noted.map(|noted| restored(*noted));
        }
        let retaken = self.mark.retaken.iter();
        self.retaken = retaken.map(|(sequence, noted)| (*sequence, restored(*noted))).collect();
    }

    /// Notes the times in the mark.
    pub(in crate::journal) fn note_times(&mut self, clock: &Clock, now: Instant) {
        let settled = self.segments.iter().filter_map(|one| Some((one.first, one.settled_at?)));
        self.mark.settled = settled.map(|(first, at)| (first, clock.time(at))).collect();
        let retaken = self.retaken.iter();
        self.mark.retaken = retaken.map(|(sequence, at)| (*sequence, clock.time(*at))).collect();
        let sound_until = clock.time(self.doubted_since.unwrap_or(now));
        // Otherwise the mark would be written all the time while nothing happens.
        let noted = self.mark.sound_until.filter(|noted| {
            let passed = (sound_until - noted).to_std();
            self.doubted_since.is_none() && passed.is_ok_and(|passed| passed < OFTEN)
        });
        self.mark.sound_until = Some(noted.unwrap_or(sound_until));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, VecDeque};

    use super::super::{Limits, Segment};
    use super::*;
    use crate::journal::mark::Mark;

    const MINUTE: Duration = Duration::from_mins(1);
    const LIMITS: Limits = Limits {
        segment_bytes: 100,
        segment_age: MINUTE,
        max_bytes: 1000,
        keep_bytes: 1000,
        keep_for: Duration::from_mins(10),
        tail_bytes: 0,
        patience: Duration::ZERO,
    };

    /// What a run that starts by this clock finds: a closed segment of ten events.
    fn ledger(mark: Mark, clock: &Clock) -> Ledger {
        let segment = Segment {
            first: 0,
            end: 10,
            bytes: 100,
            shares: HashMap::new(),
            path: "segment".into(),
            opened: clock.started,
            sealed: true,
            settled_at: None,
        };
        Ledger::of(VecDeque::from([segment]), mark, LIMITS, clock)
    }

    /// What a run notes that ends `minutes` after the segment was published.
    fn left(minutes: u32) -> (Clock, Mark) {
        let clock = Clock::start();
        let mut ledger = ledger(Mark { below: 10, ..Mark::default() }, &clock);
        ledger.set_in_doubt(false, clock.started);
        ledger.sweep(clock.started, 0);
        ledger.note_times(&clock, clock.started);
        ledger.note_times(&clock, clock.started + minutes * MINUTE);
        (clock, ledger.mark)
    }

    /// The clock of a run that starts so many minutes after the other, by itself and by the host's clock.
    fn later(clock: Clock, minutes: u32, told: i64) -> Clock {
        let started_at = clock.started_at + TimeDelta::minutes(told);
        Clock { started: clock.started + minutes * MINUTE, started_at }
    }

    /// After how many minutes of this run the segment goes.
    fn stays(mark: &Mark, clock: &Clock) -> Option<u32> {
        (0..30).find(|minutes| {
            let mut ledger = ledger(mark.clone(), clock);
            ledger.set_in_doubt(false, clock.started);
            !ledger.sweep(clock.started + *minutes * MINUTE, 0).is_empty()
        })
    }

    #[test]
    fn a_segment_goes_when_it_would_have_gone_without_a_restart() {
        let (clock, mark) = left(6);
        assert_eq!(stays(&mark, &later(clock, 6, 6)), Some(4));
        assert_eq!(stays(&mark, &later(clock, 9, 9)), Some(1));
        assert_eq!(stays(&mark, &later(clock, 90, 90)), Some(0));
        // An older program noted no times.
        let mark = Mark { below: 10, ..Mark::default() };
        let unknown = ledger(mark, &clock);
        assert_eq!(unknown.segments[0].settled_at, None);
    }

    #[test]
    fn a_clock_that_was_set_takes_no_segment_before_nats_has_synced_it_and_keeps_none_for_ever() {
        for (ran, told, left_for) in
            [(1, 500, 4), (4, 500, 1), (6, 500, 0), (1, -500, 9), (6, -500, 4)]
        {
            let (clock, mark) = left(ran);
            let clock = later(clock, ran, told);
            assert_eq!(stays(&mark, &clock), Some(left_for), "{ran} minutes, and then {told}");
        }
    }

    #[test]
    fn only_what_should_be_gone_from_here_is_known_to_be_on_the_streams_disk() {
        // However long nobody ran, what counts is how long NATS had it before.
        for (ran, may_be_lost) in [(9, true), (11, false)] {
            let (clock, mut mark) = left(ran);
            mark.refused.insert(3);
            let mut ledger = ledger(mark, &later(clock, 600, 600));
            assert_eq!(ledger.may_be_lost(5), may_be_lost, "after {ran} minutes");
            assert!(ledger.may_be_lost(3), "it was refused");

            ledger.sweep(clock.started + 600 * MINUTE, 0);
            ledger.taken(3, false, clock.started + 600 * MINUTE);
            assert!(ledger.may_be_lost(3), "it was taken a moment ago");
            assert_eq!(ledger.may_be_lost(5), may_be_lost, "its neighbour was not");
            ledger.set_in_doubt(false, clock.started);
            let gone = |ledger: &mut Ledger, minutes| {
                !ledger.sweep(clock.started + minutes * MINUTE, 0).is_empty()
            };
            assert!(!gone(&mut ledger, 609));
            assert!(gone(&mut ledger, 610));
        }
    }

    #[test]
    fn the_segment_that_is_written_to_ages_from_the_last_event() {
        let clock = Clock::start();
        let mut ledger = ledger(Mark { below: 10, ..Mark::default() }, &clock);
        ledger.segments[0].sealed = false;
        ledger.sweep(clock.started, 0);
        assert_eq!(ledger.segments[0].settled_at, Some(clock.started));
        // What comes next is in the stream, and not on the disk yet.
        ledger.mark.below = 11;
        ledger.sweep(clock.started, 0);
        ledger.note_times(&clock, clock.started);
        assert!(ledger.mark.settled.is_empty());
    }

    #[test]
    fn while_nothing_happens_the_mark_stays_the_same_for_a_while() {
        let (clock, mark) = left(0);
        let mut ledger = ledger(mark.clone(), &clock);
        ledger.set_in_doubt(false, clock.started);
        let mut noted_at = |seconds| {
            ledger.note_times(&clock, clock.started + Duration::from_secs(seconds));
            ledger.mark.sound_until
        };
        assert_eq!(noted_at(29), mark.sound_until);
        assert_eq!(noted_at(31), mark.sound_until.map(|at| at + TimeDelta::seconds(31)));
    }
}
