//! Metrics for Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::MissedTickBehavior;

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Histogram buckets in seconds: fine for acknowledging a webhook, coarse for waiting to retry.
const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Installs the recorder. A second call in one process changes nothing.
pub(crate) fn install() {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS);
    let recorder = match builder {
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
