//! How long things took.

use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;

/// Durations from a microsecond to a minute, to three digits.
pub struct Latency(Histogram<u64>);

impl Latency {
    pub fn new() -> anyhow::Result<Self> {
        Histogram::new_with_bounds(1, 60_000_000, 3).map(Self).context("making a histogram")
    }

    pub fn of(all: impl IntoIterator<Item = Duration>) -> anyhow::Result<Self> {
        let mut latency = Self::new()?;
        for one in all {
            latency.record(one);
        }
        Ok(latency)
    }

    pub fn record(&mut self, took: Duration) {
        self.0.saturating_record(took.as_micros() as u64);
    }

    pub fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.0.add(&other.0).context("adding histograms")
    }

    /// The duration that this share of all stayed below, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1000.0
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
