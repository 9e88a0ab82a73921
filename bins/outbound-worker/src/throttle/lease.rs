//! A process's temporary share of a host's tokens.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::LEASE;
use super::bucket::{Ask, per_second};

/// Tokens that this process may use until the lease is over. The default lease is over already.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Lease {
    tokens: u32,
    /// Whether fewer tokens were granted than wanted, so that asking again before the end of the lease is of no use.
    dry: bool,
    /// How many callers all processes had sent away before the lease.
    before: f64,
    /// How many callers were sent away during the lease.
    away: u32,
    until: DateTime<Utc>,
}

/// The result of asking for a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Draw {
    /// A token.
    Token,
    /// No token: come back after both `rest`, when the lease is over, and `behind_all`, which grows with each caller
    /// that was sent away.
    Wait {
        /// What is left of the lease.
        rest: Duration,
        /// The time until all callers that were sent away have had their turn.
        behind_all: Duration,
    },
    /// The lease is over: ask the bucket for another one.
    Renew(Ask),
}

impl Lease {
    /// Makes a lease of the tokens that the bucket `granted`. `away` is how many callers it knows to be away.
    pub(crate) fn new(granted: u32, ask: Ask, away: f64, now: DateTime<Utc>) -> Self {
        Self {
            tokens: granted,
            dry: granted < ask.wanted,
            before: away,
            away: 0,
            until: now + LEASE,
        }
    }

    /// Takes a token, if there is one.
    pub(crate) fn draw(&mut self, per_minute: u32, now: DateTime<Utc>) -> Draw {
        let per_second = per_second(per_minute);
        let left = (self.until - now).to_std().unwrap_or(Duration::ZERO);
        if left.is_zero() || self.tokens == 0 && !self.dry {
            let share = (per_second * LEASE.as_secs_f64()).ceil().max(1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let wanted = share as u32;
            return Draw::Renew(Ask { wanted, back: self.tokens, away: self.away });
        }
        if self.tokens > 0 {
            self.tokens -= 1;
            return Draw::Token;
        }
        self.away += 1;
        let turn = (self.before + f64::from(self.away)) / per_second;
        let behind_all = Duration::try_from_secs_f64(turn).unwrap_or(Duration::MAX);
        Draw::Wait { rest: left, behind_all }
    }

    /// Notes that the caller that was just refused keeps waiting, and so must not count as sent away. One caller stays
    /// counted, so that the host does not look as if it had requests to spare.
    pub(crate) fn stays(&mut self) {
        if self.before + f64::from(self.away) >= 2.0 {
            self.away = self.away.saturating_sub(1);
        }
    }

    /// Puts a token back that was not used after all.
    pub(crate) fn put_back(&mut self) {
        self.tokens += 1;
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn those_sent_away_come_back_one_after_the_other_and_not_before_its_end() {
        let ask = Ask { wanted: 10, back: 0, away: 0 };
        let mut lease = Lease::new(1, ask, 4.0, NOW);
        assert_eq!(lease.draw(600, NOW), Draw::Token);
        let waits: Vec<_> = (0..5).map(|_| lease.draw(600, NOW)).collect();
        let after = |millis| Draw::Wait { rest: LEASE, behind_all: Duration::from_millis(millis) };
        assert_eq!(waits, [after(500), after(600), after(700), after(800), after(900)]);
        let mut dry = Lease::new(0, ask, 0.0, NOW);
        assert_eq!(dry.draw(600, NOW), after(100), "sooner there is nothing");
        assert_eq!(dry.draw(600, NOW + LEASE), Draw::Renew(Ask { wanted: 3, back: 0, away: 1 }));
    }

    #[test]
    fn who_stays_makes_nobody_wait_longer_and_leaves_nothing_to_spare() {
        let ask = Ask { wanted: 1, back: 0, away: 0 };
        let mut crowded = Lease::new(0, ask, 3.0, NOW);
        for _ in 0..3 {
            let wait = Draw::Wait { rest: LEASE, behind_all: Duration::from_secs(4) };
            assert_eq!(crowded.draw(60, NOW), wait);
            crowded.stays();
        }
        let mut alone = Lease::new(0, ask, 0.0, NOW);
        for _ in 0..3 {
            alone.draw(60, NOW);
            alone.stays();
        }
        for (lease, away) in [(&mut crowded, 0), (&mut alone, 1)] {
            assert_eq!(lease.draw(60, NOW + LEASE), Draw::Renew(Ask { away, ..ask }));
        }
    }

    #[test]
    fn it_ends_with_its_time_or_with_its_tokens_and_gives_back_what_is_left() {
        let ask = Ask { wanted: 2, back: 0, away: 0 };
        let mut lease = Lease::new(2, ask, 0.0, NOW);
        assert_eq!(lease.draw(240, NOW), Draw::Token);
        let late = NOW + LEASE + TimeDelta::milliseconds(1);
        assert_eq!(lease.draw(240, late), Draw::Renew(Ask { wanted: 1, back: 1, away: 0 }));
        assert_eq!(lease.draw(240, NOW), Draw::Token);
        assert!(matches!(lease.draw(240, NOW), Draw::Renew(_)), "there may be more");
    }
}
