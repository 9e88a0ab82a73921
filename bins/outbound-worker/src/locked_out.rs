//! Accounts that Chatwoot does not let in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::AccountKey;

/// Those that this worker found locked out when it tried them last, for its health. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct LockedOut {
    accounts: Arc<Mutex<HashMap<AccountKey, Instant>>>,
    lasts: Duration,
}

impl LockedOut {
    /// What is known of an account counts for so long: longer than what waits for it is not tried.
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { accounts: Arc::default(), lasts }
    }

    /// It was not let in.
    pub(crate) fn note(&self, account: AccountKey) {
        let mut accounts = self.lock();
        accounts.retain(|_, at| at.elapsed() < self.lasts);
        if accounts.insert(account, Instant::now()).is_none() {
            tracing::error!(%account, "Chatwoot does not take the account's token; its commands wait");
        }
    }

    /// It was let in.
    pub(crate) fn forget(&self, account: AccountKey) {
        if self.lock().remove(&account).is_some() {
            tracing::info!(%account, "Chatwoot takes the account's token");
        }
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.lock().values().any(|at| at.elapsed() < self.lasts)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKey, Instant>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_counts_until_it_is_let_in_or_was_not_tried_for_long() {
        let (account, locked_out) =
            (AccountKey::generate(), LockedOut::new(Duration::from_hours(1)));
        assert!(!locked_out.any());
        locked_out.clone().note(account);
        assert!(locked_out.any());
        locked_out.forget(AccountKey::generate());
        assert!(locked_out.any());
        locked_out.forget(account);
        assert!(!locked_out.any());
        let brief = LockedOut::new(Duration::ZERO);
        brief.note(account);
        assert!(!brief.any());
    }
}
