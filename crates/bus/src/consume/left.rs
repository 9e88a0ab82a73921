//! Measures how much is left to do.
//!
//! The server is asked rather than the consumption itself: while all its hands are full because the database is
//! away, say, no batch arrives that would show what waits behind them.

use std::time::Duration;

use events::subject;
use tokio::time::Instant;

use super::Consumer;
use crate::streams::{Left, max_bytes};
use crate::{Bus, api};

/// How often it is measured.
const LOOK: Duration = Duration::from_secs(15);
/// Measuring takes at most one part in this many of the time: with thousands of accounts it is work for the server.
const SHARE: u32 = 50;

/// Keeps the gauges up to date, for ever.
pub(crate) async fn measure(bus: Bus, consumer: Consumer) {
    loop {
        let began = Instant::now();
        let left = bus.left(consumer).await;
        if let Err(error) = &left {
            tracing::debug!(consumer = consumer.name(), %error, "cannot ask how much is left");
        }
        tell(consumer, left.ok().as_ref());
        let letters = api::stream_info(&bus, subject::DEAD_LETTER).await;
        tell_letters(letters.ok().map(|info| (info.state.bytes, max_bytes(&info))));
        tokio::time::sleep(LOOK.max(began.elapsed() * SHARE)).await;
    }
}

/// Sets the gauges, to NaN if nothing is known: the last numbers would look current.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
fn tell(consumer: Consumer, left: Option<&Left>) {
    let name = consumer.name();
    let unsettled = left.map_or(f64::NAN, |left| left.unsettled as f64);
    let behind = left.map_or(f64::NAN, |left| f64::from(left.behind));
    metrics::gauge!("axis_consume_pending", "consumer" => name).set(unsettled);
    metrics::gauge!("axis_consume_lanes_behind", "consumer" => name).set(behind);
}

/// Sets the gauges of how many bytes of dead letters there are, and how many there may be.
#[expect(clippy::cast_precision_loss, reason = "a gauge needs no more precision")]
fn tell_letters(fill: Option<(u64, u64)>) {
    let (bytes, limit) = fill.map_or((f64::NAN, f64::NAN), |(is, may)| (is as f64, may as f64));
    metrics::gauge!("axis_dead_letters_bytes").set(bytes);
    metrics::gauge!("axis_dead_letters_limit_bytes").set(limit);
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn while_the_server_says_nothing_nobody_is_told_a_number() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let told = recorder.handle();
        let shown = |left: Option<&Left>| {
            metrics::with_local_recorder(&recorder, || tell(Consumer::SyncWorker, left));
            let text = told.render();
            let gauge = |name: &str| {
                let gauge = format!("{name}{{consumer=\"sync-worker\"}} ");
                text.lines().find_map(|line| line.strip_prefix(&gauge)).map(str::to_owned)
            };
            (gauge("axis_consume_pending"), gauge("axis_consume_lanes_behind"))
        };
        let both =
            |pending: &str, behind: &str| (Some(pending.to_owned()), Some(behind.to_owned()));
        let left = Left { unsettled: 7, behind: 2 };
        assert_eq!(shown(Some(&left)), both("7", "2"));
        assert_eq!(shown(None), both("NaN", "NaN"));
        assert_eq!(shown(Some(&Left::default())), both("0", "0"));
        for (fill, told_bytes) in [(Some((5, 10)), "5"), (None, "NaN")] {
            metrics::with_local_recorder(&recorder, || tell_letters(fill));
            let line = format!("axis_dead_letters_bytes {told_bytes}");
            assert!(told.render().lines().any(|told| told == line), "{line}");
        }
    }
}
