//! Counts the refused webhooks of the last hour, by account and reason.

use std::collections::HashMap;
use std::time::Duration;

use domain::AccountKey;
use events::Refused;

use super::refusal::Reason;

/// The hour is counted in parts of this length.
pub(super) const PART: Duration = Duration::from_mins(5);
const PARTS: usize = 12;

/// The part of now comes first.
type Parts = [u32; PARTS];

#[derive(Debug, Default)]
pub(super) struct Hour(HashMap<AccountKey, HashMap<Reason, Parts>>);

impl Hour {
    pub(super) fn note(&mut self, account: AccountKey, reason: Reason) {
        let [now, ..] = self.0.entry(account).or_default().entry(reason).or_default();
        *now = now.saturating_add(1);
    }

    /// Begins a new part and forgets the oldest one.
    pub(super) fn go_on(&mut self) {
        self.0.retain(|_, reasons| {
            reasons.retain(|_, parts| {
                parts.rotate_right(1);
                parts[0] = 0;
                parts.iter().any(|count| *count > 0)
            });
            !reasons.is_empty()
        });
    }

    /// What was refused of an account, if anything was.
    pub(super) fn of(&self, account: AccountKey) -> Option<Refused> {
        let webhooks = self.0.get(&account)?.iter().map(|(reason, parts)| {
            (reason.as_str().to_owned(), parts.iter().copied().map(u64::from).sum())
        });
        Some(Refused { account, webhooks: webhooks.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_known_for_an_hour_by_account_and_reason() {
        let mut hour = Hour::default();
        let (account, other) = (AccountKey::generate(), AccountKey::generate());
        let refused = |hour: &Hour| {
            let refused = hour.of(account)?;
            assert_eq!(refused.account, account);
            Some(refused.webhooks.into_iter().collect::<Vec<_>>())
        };
        let is = |counts: &[(&str, u64)]| {
            Some(counts.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect())
        };
        assert_eq!(refused(&hour), None);
        hour.note(other, Reason::Busy);
        for reason in [Reason::Signature, Reason::Stale, Reason::Signature] {
            hour.note(account, reason);
        }
        for _ in 0..PARTS - 1 {
            hour.go_on();
            hour.note(other, Reason::Busy);
        }
        assert_eq!(refused(&hour), is(&[("signature", 2), ("stale", 1)]));
        hour.note(account, Reason::Stale);
        hour.go_on();
        assert_eq!(refused(&hour), is(&[("stale", 1)]));
        assert!(hour.of(other).is_some());
        for _ in 0..PARTS {
            hour.go_on();
        }
        assert!(hour.0.is_empty(), "who is refused no more is forgotten");
    }
}
