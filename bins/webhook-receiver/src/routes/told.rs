//! Tells of refused webhooks, by account and reason: logs them once a minute, and knows those of the last hour.
//!
//! Chatwoot tells nobody that a webhook was refused, and does not send it again.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::AccountKey;
use tokio::time::{Instant, MissedTickBehavior};

use super::Intake;
use super::hour::{self, Hour};
use super::refusal::{Reason, Refusal};

const PERIOD: Duration = Duration::from_mins(1);
/// After so many of them, a new part of the hour begins.
const PERIODS: u64 = hour::PART.as_secs() / PERIOD.as_secs();
/// At most this many lines a minute; the refusals that they do not name are counted in one more.
const LINES: usize = 20;

/// What was refused.
#[derive(Debug, Default)]
pub(crate) struct Refused(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Since the last lines of the log.
    untold: HashMap<Kind, Much>,
    /// Of known accounts.
    hour: Hour,
}

/// The account whose webhooks were refused, if it is known, and the reason.
pub(super) type Kind = (Option<AccountKey>, Reason);

/// The refusals of one kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Much {
    pub(super) count: u64,
    /// The smallest distance between this clock and a sender's, in seconds: a replayed webhook would be further away
    /// than a clock that is wrong.
    pub(super) apart: Option<u64>,
}

impl Refused {
    /// `source` must be a known account or `None`: otherwise invented names could fill the memory.
    pub(super) fn note(&self, source: Option<AccountKey>, refusal: &Refusal) {
        let mut counts = self.counts();
        let much = counts.untold.entry((source, refusal.reason())).or_default();
        much.count += 1;
        if let Some(seconds) = refusal.apart() {
            much.apart = Some(much.apart.map_or(seconds, |least| least.min(seconds)));
        }
        if let Some(account) = source {
            counts.hour.note(account, refusal.reason());
        }
    }

    /// What was refused of these accounts in the last hour, or since the start.
    pub(crate) fn lately(&self, accounts: &[AccountKey]) -> Vec<events::Refused> {
        let counts = self.counts();
        accounts.iter().filter_map(|account| counts.hour.of(*account)).collect()
    }

    /// Takes the kinds to log, most frequent first, and the number of refusals of all other kinds.
    pub(super) fn take(&self) -> (Vec<(Kind, Much)>, u64) {
        let kinds = std::mem::take(&mut self.counts().untold);
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, much)| (Reverse(much.count), *kind));
        let others = kinds.split_off(kinds.len().min(LINES));
        (kinds, others.iter().map(|(_, much)| much.count).sum())
    }

    fn tell(&self) {
        let (kinds, others) = self.take();
        for ((source, reason), Much { count, apart }) in kinds {
            let reason = reason.as_str();
            if let Some(account) = source {
                tracing::warn!(
                    account.key = %account,
                    webhook.reason = reason,
                    webhook.count = count,
                    clocks.seconds_apart = apart,
                    "refused webhooks of a known account"
                );
            } else {
                tracing::warn!(
                    webhook.reason = reason,
                    webhook.count = count,
                    clocks.seconds_apart = apart,
                    "refused webhooks of unknown senders"
                );
            }
        }
        if others > 0 {
            tracing::warn!(webhook.count = others, "refused webhooks of further accounts");
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs once a minute, and lets the hour go on, for ever.
pub(crate) async fn run(intake: Arc<Intake>) {
    let mut ticks = tokio::time::interval_at(Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for period in 1u64.. {
        ticks.tick().await;
        intake.refused.tell();
        if period.is_multiple_of(PERIODS) {
            intake.refused.counts().hour.go_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use chatwoot::SignatureError;

    use super::*;

    fn stale(seconds: u64) -> Refusal {
        Refusal::Signature(SignatureError::StaleTimestamp { seconds })
    }

    #[test]
    fn a_minutes_refusals_are_told_by_source_and_reason_with_how_far_clocks_are_apart() {
        let refused = Refused::default();
        let account = AccountKey::generate();
        for seconds in [400, 390, 90_000] {
            refused.note(Some(account), &stale(seconds));
        }
        refused.note(None, &Refusal::UnknownSource);
        let told = vec![
            ((Some(account), Reason::Stale), Much { count: 3, apart: Some(390) }),
            ((None, Reason::UnknownSource), Much { count: 1, apart: None }),
        ];
        assert_eq!(refused.take(), (told, 0));
        assert_eq!(refused.take(), (Vec::new(), 0), "each is told once");
    }

    #[test]
    fn of_many_sources_those_with_most_are_told_and_the_others_counted() {
        let refused = Refused::default();
        let most = AccountKey::generate();
        refused.note(Some(most), &Refusal::Busy);
        for _ in 0..LINES + 4 {
            refused.note(Some(AccountKey::generate()), &Refusal::Busy);
        }
        refused.note(Some(most), &Refusal::Busy);
        let (told, others) = refused.take();
        assert_eq!((told.len(), others), (LINES, 5));
        assert_eq!(told[0], ((Some(most), Reason::Busy), Much { count: 2, apart: None }));
    }
}
