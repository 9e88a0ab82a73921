//! Watching whether the key opens the tokens of the accounts and of people.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{Sealed, SecretKey};
use store::accounts::Account;
use store::{Store, links};

use crate::{AccountError, Accounts};

/// How often to look.
const LOOK: Duration = Duration::from_secs(30);

/// How many tokens do not open with a worker's key. Reported because a worker with another key fails at nothing as long
/// as it has nothing to send and nothing to ask. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    accounts: AtomicUsize,
    own: AtomicUsize,
}

impl Watch {
    /// Looks every half minute, for ever. While the database is away, the result of the last look holds.
    pub async fn run(self, store: Store, key: SecretKey) {
        loop {
            match unusable(&store, &key).await {
                Ok((accounts, own)) => self.note(accounts, own),
                Err(error) => tracing::debug!(%error, "cannot check whether the tokens open"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many accounts' tokens did not open at the last look.
    pub fn unusable(&self) -> usize {
        self.0.accounts.load(Ordering::Relaxed)
    }

    /// How many of people's own tokens did not open at the last look.
    pub fn own_unusable(&self) -> usize {
        self.0.own.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
    fn note(&self, accounts: usize, own: usize) {
        metrics::gauge!("axis_accounts_unusable").set(accounts as f64);
        metrics::gauge!("axis_own_tokens_unusable").set(own as f64);
        let before = self.0.accounts.swap(accounts, Ordering::Relaxed);
        let own_before = self.0.own.swap(own, Ordering::Relaxed);
        if accounts > before || own > own_before {
            tracing::error!(
                accounts,
                own,
                "tokens do not open: they are sealed under another key than AXIS_SECRET_KEY"
            );
        } else if before + own_before > 0 && accounts + own == 0 {
            tracing::info!("all tokens open");
        }
    }
}

impl Accounts {
    /// How many of people's own tokens the key does not open.
    pub async fn own_unusable(&self) -> Result<usize, AccountError> {
        Ok(own_unusable(&self.store, &self.key).await?)
    }
}

/// How many accounts' tokens the key does not open, and how many of people's own.
async fn unusable(store: &Store, key: &SecretKey) -> Result<(usize, usize), store::Error> {
    let served = store::accounts::all(store).await?;
    let opens = |account: &&Account| key.open(Account::TOKEN_PURPOSE, &account.api_token).is_ok();
    let accounts = served.len() - served.iter().filter(opens).count();
    Ok((accounts, own_unusable(store, key).await?))
}

async fn own_unusable(store: &Store, key: &SecretKey) -> Result<usize, store::Error> {
    let own = links::tokens(store).await?;
    let opens = |token: &&Sealed| key.open(links::TOKEN_PURPOSE, token).is_ok();
    Ok(own.len() - own.iter().filter(opens).count())
}
