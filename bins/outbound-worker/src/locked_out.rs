//! Accounts whose tokens Chatwoot does not accept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{AccountKey, Sealed};
use store::Store;
use store::accounts::Account;

/// How often to check whether the accounts have other tokens.
const LOOK: Duration = Duration::from_secs(30);

/// The accounts that this worker found locked out when it last tried them, for its health. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct LockedOut {
    accounts: Arc<Mutex<HashMap<AccountKey, Refused>>>,
    lasts: Duration,
}

/// The token that was not accepted, and when.
#[derive(Debug)]
struct Refused {
    token: Sealed,
    at: Instant,
}

impl LockedOut {
    /// `lasts` is how long a refusal counts. It has to be longer than the longest wait between two tries.
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { accounts: Arc::default(), lasts }
    }

    /// Checks periodically, for ever, which of the accounts have another token or are not served any more. If there is
    /// nothing to send, nobody else would find out.
    pub(crate) async fn run(self, store: Store) {
        loop {
            tokio::time::sleep(LOOK).await;
            if !self.any() {
                continue;
            }
            match store::accounts::all(&store).await {
                Ok(accounts) => self.keep(&accounts),
                Err(error) => tracing::debug!(%error, "cannot look whether tokens were replaced"),
            }
        }
    }

    /// Forgets accounts that are not among the `served` ones, or have another token there.
    fn keep(&self, served: &[Account]) {
        self.lock().retain(|key, refused| {
            served.iter().any(|one| one.id == *key && one.api_token == refused.token)
        });
    }

    /// Notes that Chatwoot did not accept this token of an account.
    pub(crate) fn note(&self, account: AccountKey, token: &Sealed) {
        let mut accounts = self.lock();
        accounts.retain(|_, refused| refused.at.elapsed() < self.lasts);
        let refused = Refused { token: token.clone(), at: Instant::now() };
        if accounts.insert(account, refused).is_none() {
            tracing::error!(%account, "Chatwoot does not accept the account's token; its commands wait");
        }
    }

    /// Notes that Chatwoot accepted an account's token.
    pub(crate) fn forget(&self, account: AccountKey) {
        if self.lock().remove(&account).is_some() {
            tracing::info!(%account, "Chatwoot accepts the account's token");
        }
    }

    /// Notes that this token of an account is not in use any more.
    pub(crate) fn forget_token(&self, account: AccountKey, token: &Sealed) {
        self.lock().retain(|key, refused| *key != account || refused.token != *token);
    }

    /// Whether any accounts are locked out.
    pub(crate) fn any(&self) -> bool {
        self.lock().values().any(|refused| refused.at.elapsed() < self.lasts)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountKey, Refused>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Sealed {
        let key: domain::SecretKey = "5c".repeat(32).parse().unwrap();
        key.seal(Account::TOKEN_PURPOSE, &text.into()).unwrap()
    }

    #[test]
    fn an_account_counts_until_it_is_let_in_or_was_not_tried_for_long() {
        let (account, locked_out) =
            (AccountKey::generate(), LockedOut::new(Duration::from_hours(1)));
        assert!(!locked_out.any());
        locked_out.clone().note(account, &token("one"));
        assert!(locked_out.any());
        locked_out.forget(AccountKey::generate());
        assert!(locked_out.any());
        locked_out.forget(account);
        assert!(!locked_out.any());
        let brief = LockedOut::new(Duration::ZERO);
        brief.note(account, &token("one"));
        assert!(!brief.any());
    }

    #[test]
    fn an_account_that_has_another_token_or_is_gone_is_not_locked_out() {
        let (one, other) = (token("one"), token("another"));
        let mut account = Account {
            id: AccountKey::generate(),
            tenant: "acme".parse().unwrap(),
            base_url: "https://chat.example.com".to_owned(),
            screen_url: None,
            chatwoot_account_id: 1,
            name: None,
            api_token: one.clone(),
            webhook_secrets: Vec::new(),
            webhook_id: None,
            allow_unsigned: false,
            public_only: false,
        };
        let locked_out = LockedOut::new(Duration::from_hours(1));
        let id = account.id;
        let noted = || locked_out.note(id, &one);
        noted();
        locked_out.keep(std::slice::from_ref(&account));
        assert!(locked_out.any());
        locked_out.forget_token(account.id, &other);
        assert!(locked_out.any());
        locked_out.forget_token(account.id, &one);
        assert!(!locked_out.any());
        noted();
        locked_out.keep(&[]);
        assert!(!locked_out.any());
        noted();
        account.api_token = other;
        locked_out.keep(&[account]);
        assert!(!locked_out.any());
    }
}
