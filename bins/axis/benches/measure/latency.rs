//! How long things took.

use std::time::Duration;

use anyhow::Context as _;
use sketches_ddsketch::{Config, DDSketch};

/// Durations, each known to a thousandth of itself.
pub struct Latency(DDSketch);

impl Latency {
    pub fn new() -> Self {
        const ERROR: f64 = 0.001;
        const MOST_BINS: u32 = 16 * 1024;
        const SHORTEST_MS: f64 = 0.001;
        Self(DDSketch::new(Config::new(ERROR, MOST_BINS, SHORTEST_MS)))
    }

    pub fn of(all: impl IntoIterator<Item = Duration>) -> Self {
        let mut latency = Self::new();
        for one in all {
            latency.record(one);
        }
        latency
    }

    pub fn record(&mut self, took: Duration) {
        self.0.add(took.as_secs_f64() * 1000.0);
    }

    pub fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.0.merge(&other.0).context("adding latencies")
    }

    /// The duration that this share of all stayed below, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        self.0.quantile(share).ok().flatten().unwrap_or(f64::NAN)
    }
}

/// Returns the median.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
