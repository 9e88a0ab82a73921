//! Follows what happens, once for all clients.

use bus::{Bus, BusError, TailStart};
use domain::in_words;
use futures_util::StreamExt as _;
use service::retry::Policy;
use tokio_util::sync::CancellationToken;

use super::fan_out::FanOut;
use super::position::Position;

/// Feeds the fan-out from `ACTIVITY` until the shutdown.
pub(crate) async fn follow(bus: Bus, fan_out: FanOut, shutdown: CancellationToken) {
    let mut failures = 0;
    while !shutdown.is_cancelled() {
        let end = tokio::select! {
            () = shutdown.cancelled() => return,
            end = end_of_stream(&bus) => end,
        };
        let position = match end {
            Ok(position) => position,
            Err(error) => {
                failures += 1;
                warn_once(failures, &error, "cannot follow ACTIVITY, trying again");
                pause(failures, &shutdown).await;
                continue;
            }
        };
        failures = 0;
        let from = TailStart::In(position.epoch.to_string(), position.sequence);
        let mut tail = bus.tail_activity(from);
        tracing::info!(position = %position, "following ACTIVITY");
        fan_out.begin(&position);
        loop {
            let item = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                item = tail.next() => item,
            };
            match item {
                Some(Ok(message)) => fan_out.event(&message),
                // Positions mean something else from here on, so begin anew.
                Some(Err(BusError::Reset { .. })) | None => break,
                Some(Err(error)) => {
                    tracing::warn!(
                        error = in_words(&error),
                        "cannot follow ACTIVITY at the moment"
                    );
                }
            }
        }
    }
}

async fn end_of_stream(bus: &Bus) -> Result<Position, BusError> {
    loop {
        let epoch = bus.activity_epoch().await?;
        let (_, sequence) = bus.activity_range().await?;
        // Asked again, since the two answers must belong together.
        if bus.activity_epoch().await? == epoch {
            return Ok(Position { epoch: epoch.into(), sequence });
        }
    }
}

/// Feeds the fan-out with what matters only now, such as typing, until the shutdown.
pub(crate) async fn listen(bus: Bus, fan_out: FanOut, shutdown: CancellationToken) {
    let mut failures = 0;
    while !shutdown.is_cancelled() {
        let mut moments = match bus.subscribe_live().await {
            Ok(moments) => moments,
            Err(error) => {
                failures += 1;
                warn_once(failures, &error, "cannot listen to typing and presence, trying again");
                pause(failures, &shutdown).await;
                continue;
            }
        };
        failures = 0;
        while let Some(moment) = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            moment = moments.next() => moment,
        } {
            fan_out.moment(&moment);
        }
        failures += 1;
        pause(failures, &shutdown).await;
    }
}

/// Warns of the first of several failures, and only traces the others.
fn warn_once(failures: u32, error: &BusError, what: &str) {
    if failures == 1 {
        tracing::warn!(error = in_words(&error), "{what}");
    } else {
        tracing::debug!(%error, "{what}");
    }
}

async fn pause(failures: u32, shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(Policy::NEAR.delay(failures)) => {}
    }
}
