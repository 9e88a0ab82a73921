//! Chooses which of the events that the stream confirmed are checked there periodically.
//!
//! A cluster can lose the end of a stream although the server that this program is connected to lives on: the two
//! other servers came back without it. Nothing reports that. But what is lost is an end, and after the loss nothing is
//! confirmed until the servers have elected a new leader, which takes seconds. So the last event before each pause is
//! checked until it has been found in its place, and the furthest event is always checked. (That is not always the newest:
//! an event that is published again is confirmed at the place that it has had all along.)

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use domain::EventId;
use serde::{Deserialize, Serialize};

/// An event that the stream confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    /// Its position in the stream.
    pub(crate) position: u64,
    /// Which event it is.
    pub(crate) event: EventId,
}

/// Shorter than any election of a leader.
const PAUSE: Duration = Duration::from_secs(1);
/// The most events that are checked: more than there can be pauses between two checks.
const MOST: usize = 64;

/// The events to check, oldest first. Holds the furthest of all that were added.
#[derive(Debug, Default)]
pub(super) struct LookedFor {
    events: VecDeque<Confirmed>,
    /// When the last one was confirmed; `None` if a pause is known to have followed.
    at: Option<Instant>,
}

impl LookedFor {
    /// Begins with the events that an earlier run of this program noted.
    pub(super) fn starting_with(noted: Vec<Confirmed>) -> Self {
        Self { events: noted.into(), at: None }
    }

    pub(super) fn add(&mut self, confirmed: Confirmed, now: Instant) {
        let paused = self.at.is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
        self.at = Some(now);
        self.note(confirmed, paused);
    }

    /// Adds an event that is known to have been the last one before a pause. It was confirmed a while ago, before others
    /// that were added already.
    pub(super) fn add_last(&mut self, confirmed: Confirmed) {
        self.at = None;
        self.note(confirmed, true);
    }

    fn note(&mut self, confirmed: Confirmed, paused: bool) {
        if self.events.contains(&confirmed) {
            return;
        }
        match self.events.back_mut() {
            Some(last) if !paused => {
                // Confirmations may overtake each other.
                if last.position < confirmed.position {
                    *last = confirmed;
                }
            }
            _ => self.events.push_back(confirmed),
        }
        if self.events.len() > MOST {
            let furthest = self.furthest();
            if let Some(oldest) = self.events.iter().position(|one| Some(*one) != furthest) {
                self.events.remove(oldest);
            }
        }
    }

    /// Notes that an event is in its place.
    pub(super) fn found(&mut self, confirmed: Confirmed) {
        // It may be lost later, and whatever is lost then, the furthest is.
        if self.furthest() != Some(confirmed) {
            self.events.retain(|one| *one != confirmed);
        }
    }

    pub(super) fn all(&self) -> Vec<Confirmed> {
        self.events.iter().copied().collect()
    }

    pub(super) fn furthest(&self) -> Option<Confirmed> {
        self.events.iter().max_by_key(|confirmed| confirmed.position).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: u64) -> Confirmed {
        Confirmed { position, event: EventId(uuid::Uuid::from_u128(position.into())) }
    }

    fn positions(looked_for: &LookedFor) -> Vec<u64> {
        looked_for.all().iter().map(|confirmed| confirmed.position).collect()
    }

    #[test]
    fn the_furthest_before_each_pause_is_looked_for_until_it_is_found() {
        let start = Instant::now();
        let mut looked_for = LookedFor::default();
        for (position, millis) in [(1, 0), (3, 400), (2, 900), (9, 1_900), (8, 2_000), (4, 5_000)] {
            looked_for.add(at(position), start + Duration::from_millis(millis));
        }
        assert_eq!(positions(&looked_for), [3, 9, 4]);
        for position in [3, 9, 4] {
            looked_for.found(at(position));
        }
        assert_eq!(positions(&looked_for), [9], "it may be lost later");
    }

    #[test]
    fn the_furthest_stays_whatever_is_confirmed_again_after_it() {
        let start = Instant::now();
        let mut looked_for = LookedFor::default();
        looked_for.add(at(900), start);
        for position in 1..100 {
            let paused = start + Duration::from_secs(2 * position);
            for (confirmed, at_once) in [(position, 0), (900, 1), (position, 2)] {
                looked_for.add(at(confirmed), paused + Duration::from_millis(at_once));
            }
            looked_for.found(at(900));
        }
        let last = (37..100).collect::<Vec<_>>();
        assert_eq!(positions(&looked_for), [vec![900], last].concat());
    }

    #[test]
    fn what_was_noted_is_looked_for_beside_what_comes_first() {
        let mut looked_for = LookedFor::starting_with(vec![at(3), at(7)]);
        assert_eq!(looked_for.furthest(), Some(at(7)));
        looked_for.add(at(2), Instant::now());
        assert_eq!(positions(&looked_for), [3, 7, 2]);
        assert_eq!(looked_for.furthest(), Some(at(7)));
    }

    #[test]
    fn the_last_of_what_was_cut_off_is_looked_for_though_others_were_confirmed_since() {
        let now = Instant::now();
        let mut looked_for = LookedFor::default();
        looked_for.add(at(60), now);
        looked_for.add_last(at(50));
        looked_for.add(at(70), now);
        looked_for.add(at(80), now);
        assert_eq!(positions(&looked_for), [60, 50, 80]);
    }

    #[test]
    fn there_are_never_more_than_some() {
        let start = Instant::now();
        let mut looked_for = LookedFor::default();
        for second in 0..100 {
            looked_for.add(at(second), start + Duration::from_secs(second));
        }
        assert_eq!(positions(&looked_for), (36..100).collect::<Vec<_>>());
    }
}
