//! Measures what waits in the outbox.
//!
//! The API does this because without an outbound worker nobody else would.

use std::time::Duration;

use store::Store;
use store::inspect::{self, Outbox};
use tokio::time::MissedTickBehavior;

/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(15);

/// Keeps the gauges up to date, for ever.
pub(crate) async fn measure(store: Store) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let waiting = store::within(store::PATIENCE, look(&store)).await;
        if let Err(error) = &waiting {
            tracing::debug!(%error, "cannot look at what waits in the outbox");
        }
        tell(waiting.ok());
    }
}

async fn look(store: &Store) -> Result<Outbox, store::Error> {
    let mut transaction = store.worker().await?;
    let waiting = inspect::outbox(&mut transaction).await?;
    store::commit(transaction).await?;
    Ok(waiting)
}

/// Sets the gauges, to NaN if nothing is known.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
fn tell(waiting: Option<Outbox>) {
    let commands = waiting.map_or(f64::NAN, |waiting| waiting.commands as f64);
    let answered = waiting.map_or(f64::NAN, |waiting| waiting.answered.unwrap_or_default());
    let silent = waiting.map_or(f64::NAN, |waiting| waiting.silent.unwrap_or_default());
    let hosts = waiting.map_or(f64::NAN, |waiting| waiting.silent_hosts as f64);
    metrics::gauge!("axis_outbox_waiting_commands").set(commands);
    metrics::gauge!("axis_outbox_oldest_seconds", "chatwoot" => "answers").set(answered);
    metrics::gauge!("axis_outbox_oldest_seconds", "chatwoot" => "silent").set(silent);
    metrics::gauge!("axis_outbox_silent_hosts").set(hosts);
}
