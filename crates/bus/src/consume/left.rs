//! How much is left to do.
//!
//! The server is asked, and not who consumes: with all hands full, because what they write to is away, no
//! batch comes that would tell what waits behind them.

use std::time::Duration;

use tokio::time::Instant;

use super::Consumer;
use crate::Bus;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(15);
/// A look takes no more of the time than one part of so many: with thousands of accounts it is work for the server.
const SHARE: u32 = 50;

/// Has the metrics tell, for ever.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
pub(crate) async fn measure(bus: Bus, consumer: Consumer) {
    let name = consumer.name();
    loop {
        let began = Instant::now();
        match bus.left(consumer).await {
            Ok(left) => {
                metrics::gauge!("axis_consume_pending", "consumer" => name)
                    .set(left.unsettled as f64);
                metrics::gauge!("axis_consume_lanes_behind", "consumer" => name)
                    .set(f64::from(left.behind));
            }
            Err(error) => tracing::debug!(consumer = name, %error, "what is left is not known"),
        }
        tokio::time::sleep(LOOK.max(began.elapsed() * SHARE)).await;
    }
}
