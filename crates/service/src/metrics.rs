//! Metrics for Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::MissedTickBehavior;

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Histogram buckets in seconds: fine for acknowledging a webhook, coarse for waiting to retry.
const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
/// Further buckets for how late something is, which an outage or a queue that grows makes minutes or hours.
const LATE: [f64; 3] = [300.0, 1800.0, 7200.0];

/// Installs the recorder. A second call in one process changes nothing.
pub(crate) fn install() {
    let recorder = match builder() {
        Ok(builder) => builder.build_recorder(),
        Err(error) => {
            tracing::error!(%error, "metrics are off: their buckets were refused");
            return;
        }
    };
    let handle = recorder.handle();
    if ::metrics::set_global_recorder(recorder).is_ok() {
        let _first = HANDLE.set(handle);
    }
}

/// Of the matchers that fit a name the exporter takes the first in their order, which puts the longer one first here.
fn builder() -> Result<PrometheusBuilder, BuildError> {
    let suffix = |suffix: &str| Matcher::Suffix(suffix.to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("_lag_seconds"), &[SECONDS, &LATE].concat())?
        .set_buckets_for_metric(suffix("_seconds"), SECONDS)
}

/// How often recorded samples are aggregated.
const PERIOD: Duration = Duration::from_secs(5);

/// Aggregates recorded samples periodically, for ever. Until that happens every sample of a histogram is kept, and
/// perhaps nobody ever asks for the metrics.
pub(crate) async fn upkeep() {
    let Some(handle) = HANDLE.get() else { return };
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Renders all metrics in Prometheus' text format.
pub(crate) fn render() -> String {
    HANDLE
        .get()
        .map(|handle| {
            handle.run_upkeep();
            handle.render()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lags_are_told_in_minutes_and_hours() {
        let recorder = builder().unwrap().build_recorder();
        ::metrics::with_local_recorder(&recorder, || {
            for name in ["axis_some_lag_seconds", "axis_some_seconds"] {
                ::metrics::histogram!(name).record(400.0);
            }
        });
        let told = recorder.handle().render();
        for (bucket, lag) in [("60", "0"), ("300", "0"), ("1800", "1"), ("7200", "1")] {
            let line = format!("axis_some_lag_seconds_bucket{{le=\"{bucket}\"}} {lag}\n");
            assert!(told.contains(&line), "{line}{told}");
        }
        let last =
            "axis_some_seconds_bucket{le=\"60\"} 0\naxis_some_seconds_bucket{le=\"+Inf\"} 1\n";
        assert!(told.contains(last), "{told}");
    }
}
