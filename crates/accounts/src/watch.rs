//! Whether the key at hand is the one that the accounts' tokens are sealed under.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::SecretKey;
use store::Store;
use store::accounts::Account;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(30);

/// How many accounts' tokens do not open with a worker's key. It says so of itself: with nothing to send and
/// nothing to ask, a worker with another key fails at nothing. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<AtomicUsize>);

impl Watch {
    /// Looks from time to time, for ever. While the database is away, the last look holds.
    pub async fn run(self, store: Store, key: SecretKey) {
        let opens = |account: &Account| key.open(Account::TOKEN_PURPOSE, &account.api_token);
        loop {
            match store::accounts::all(&store).await {
                Ok(served) => self.note(served.iter().filter(|&one| opens(one).is_err()).count()),
                Err(error) => tracing::debug!(%error, "whether the tokens open is not known"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many, at the last look.
    pub fn unusable(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
    fn note(&self, unusable: usize) {
        metrics::gauge!("axis_accounts_unusable").set(unusable as f64);
        let before = self.0.swap(unusable, Ordering::Relaxed);
        if unusable > before {
            tracing::error!(
                accounts = unusable,
                "accounts' tokens do not open: AXIS_SECRET_KEY is not what they are sealed under"
            );
        } else if before > 0 && unusable == 0 {
            tracing::info!("all accounts' tokens open");
        }
    }
}
