//! What a program holds though nobody ever asks it for its metrics.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use service::{Config, Service};

const MIB: u64 = 1024 * 1024;

/// The memory of this process that is in use.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

#[tokio::test(start_paused = true)]
async fn samples_that_nobody_asks_for_are_not_kept() {
    let _service = Service::start("memory", &Config::default()).unwrap();
    let histogram = metrics::histogram!("axis_some_seconds");
    let before = resident();
    // 16 million samples of 8 bytes each.
    for _ in 0..32 {
        for _ in 0..500_000 {
            histogram.record(0.01);
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 48 * MIB, "grown by {} MiB", grown / MIB);
}
