//! Tells how many accounts cannot be compared. A counter of failures would not do: an account whose cause has to be
//! fixed by somebody fails twice an hour, and one whose Chatwoot was away for a minute more often than that.

use std::time::Duration;

use metrics::gauge;
use store::Store;
use store::reconciliations::count_failing;

/// How often to look.
const LOOK: Duration = Duration::from_secs(30);
/// How long a comparison may have failed before it counts. What passes by itself has mostly passed by then.
const LASTING: Duration = Duration::from_mins(15);

/// Looks for ever. While the database is away, the result of the last look holds.
pub(crate) async fn watch(store: Store) {
    loop {
        match store::within(store::PATIENCE, failing(&store)).await {
            Ok(accounts) => tell(accounts),
            Err(error) => {
                tracing::debug!(%error, "cannot count the accounts that are not compared");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn failing(store: &Store) -> Result<i64, store::Error> {
    let mut transaction = store.worker().await?;
    let accounts = count_failing(&mut transaction, LASTING).await?;
    store::rollback(transaction).await?;
    Ok(accounts)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
fn tell(accounts: i64) {
    gauge!("axis_accounts_not_compared").set(accounts as f64);
}
