//! Decides the turns of callers for which a host had no token.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::AccountKey;

use super::bucket::per_second;

/// The callers of one host that this process sent away and that have not had their turn yet. Accounts take turns: an
/// account with few callers waiting does not wait behind all of another account's.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    away: HashMap<AccountKey, f64>,
    at: DateTime<Utc>,
}

impl Turns {
    /// Queues one more call of an account. `behind_all` is the wait behind the calls of all accounts. Returns the
    /// call's own wait.
    pub(crate) fn send_away(
        &mut self,
        account: AccountKey,
        behind_all: Duration,
        per_minute: u32,
        now: DateTime<Utc>,
    ) -> Duration {
        let passed = (now - self.at).to_std().unwrap_or(Duration::ZERO).as_secs_f64();
        // `now` is earlier only if the database's clock was set back. Turns still go on from now.
        self.at = now;
        #[expect(clippy::cast_precision_loss, reason = "accounts of a host")]
        let had_turns = passed * per_second(per_minute) / self.away.len().max(1) as f64;
        self.away.retain(|_, waiting| {
            *waiting -= had_turns;
            *waiting > 0.0
        });
        let own = self.away.entry(account).or_default();
        *own += 1.0;
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let before = *own * self.away.len() as f64;
        let all: f64 = self.away.values().sum();
        behind_all.mul_f64((before / all).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn alone_everybody_waits_behind_all_and_with_a_flood_behind_ones_own() {
        let [flood, other] = [1, 2].map(|n| AccountKey(uuid::Uuid::from_u128(n)));
        let mut turns = Turns::default();
        for _ in 0..599 {
            assert_eq!(turns.send_away(flood, MINUTE, 600, NOW), MINUTE);
        }
        // The first of 600 behind which one would wait for a minute, two accounts in turn.
        let first = turns.send_away(other, MINUTE, 600, NOW);
        assert_eq!(first, MINUTE.mul_f64(2.0 / 600.0));
        assert!(turns.send_away(other, MINUTE, 600, NOW) > first);
        assert_eq!(turns.send_away(flood, MINUTE, 600, NOW), MINUTE, "no longer than before");
        // Its two have had their turn.
        let later = turns.send_away(other, MINUTE, 600, NOW + TimeDelta::seconds(1));
        assert!(later < first + Duration::from_millis(10), "{later:?}");
    }

    #[test]
    fn turns_go_on_after_the_clock_was_set_back() {
        let [flood, other] = [1, 2].map(|n| AccountKey(uuid::Uuid::from_u128(n)));
        let mut turns = Turns::default();
        for _ in 0..9 {
            turns.send_away(flood, MINUTE, 600, NOW + TimeDelta::hours(1));
        }
        turns.send_away(flood, MINUTE, 600, NOW);
        let alone = turns.send_away(other, MINUTE, 600, NOW + TimeDelta::seconds(1));
        assert_eq!(alone, MINUTE, "the ten have had their turn");
    }
}
