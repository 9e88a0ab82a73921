//! From a webhook to its frame on a screen, through every program.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;

use crate::arguments::{Part, Scale};
use crate::events::Events;
use crate::latency::{Latency, median};
use crate::load;
use crate::machine::settle_disk;
use crate::report::{Budget, Row, Unit};
use crate::screen::{Screen, latencies};
use crate::stage::{Stage, TENANT, address};

/// Events that show how many the whole path carries, for a few seconds.
const FLOOD: usize = 40_000;
/// Seconds at each load: long enough that what happens every few seconds counts by its share.
const STEADY: usize = 20;
/// Seconds at a load while trying whether it is carried.
const PROBE: usize = 8;
/// Loads that are tried before giving up.
const TRIES: usize = 10;
/// How much latencies may grow at a load that is carried, in seconds per second.
const BEHIND: f64 = 0.01;

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    stage.write_log_ahead().await?;
    let account = stage.account(TENANT, 1).await?;
    let receiver = stage.receiver(&[&account]).await?;
    let _worker = stage.program("sync-worker").await;
    let api = stage.program("api").await;
    let screen = Screen::open(address(&api)?).await?;
    let (target, mut events) = (address(&receiver)?, Events::of(&account, 2_000));

    let warm = scale.of(2_000);
    load::closed(target, events.requests(warm)).await?;
    screen.take(warm).await;
    let count = scale.of(FLOOD);
    let flood = load::closed(target, events.requests(count)).await?;
    let heard = screen.take(count).await;
    let last = heard.iter().map(|(_, at)| *at).max().unwrap_or(flood.began);
    let most = count as f64 / last.duration_since(flood.began).as_secs_f64();

    let row = |name: &str, unit, value| Row::new(Part::Path, name, unit, value);
    let mut rows = vec![
        row("webhook to screen, a flood", Unit::PerSecond, most)
            .against("acknowledged meanwhile", flood.rate()),
    ];
    let mut path = Path { target, events, screen };
    let carried = match scale.carried() {
        Some(given) => given,
        None => path.carried(most, scale).await?,
    };
    rows.push(
        row("webhook to screen, at most for long", Unit::PerSecond, carried)
            .against("a flood", most),
    );
    let mut lightest = None;
    for load in [10, 50, 90] {
        let took = path.at(carried * f64::from(load) / 100.0, STEADY, scale).await?;
        let took = Latency::of(took);
        for (share, name, most) in [(0.5, "p50", 10.0), (0.99, "p99", 50.0)] {
            let name = format!("webhook to screen at {load} % load, {name}");
            let row = row(&name, Unit::Millis, took.quantile(share));
            let row = match &lightest {
                Some(lightest) => {
                    row.against("the same at 10 % load", Latency::quantile(lightest, share))
                }
                None => row,
            };
            rows.push(if load == 50 { row.within(Budget::AtMost(most)) } else { row });
        }
        lightest.get_or_insert(took);
    }
    Ok(rows)
}

/// Every program between a webhook and a screen.
struct Path {
    target: SocketAddr,
    events: Events,
    screen: Screen,
}

impl Path {
    /// How long each event of a steady load takes, in the order in which they were to be sent.
    async fn at(
        &mut self,
        rate: f64,
        seconds: usize,
        scale: Scale,
    ) -> anyhow::Result<Vec<Duration>> {
        let count = (rate * scale.of(seconds * 10) as f64 / 10.0) as usize;
        let first = self.events.next();
        let requests = self.events.requests(count);
        // What earlier loads left unwritten is no part of this one.
        settle_disk();
        let run = load::open(self.target, requests, rate).await?;
        let mut heard = self.screen.take(count).await;
        heard.sort_unstable_by_key(|(number, _)| *number);
        Ok(latencies(&heard, first, run.began, rate).collect())
    }

    /// Finds the most that is carried without falling behind. It is less than what a flood reaches,
    /// which comes in large portions and is over before all the work that it leaves is done.
    async fn carried(&mut self, most: f64, scale: Scale) -> anyhow::Result<f64> {
        let mut rate = most;
        for _ in 0..TRIES {
            let took = self.at(rate, PROBE, scale).await?;
            let grew = growth(&took, rate);
            if grew < BEHIND {
                return Ok(rate);
            }
            // What came was carried at this rate; a little less leaves no doubt.
            rate = 0.98 * rate / (1.0 + grew);
        }
        bail!("the path falls behind at every load, {rate:.0} events a second the last")
    }
}

/// Returns by how many seconds latencies grew in each second of a steady load, from its second
/// quarter to its last.
fn growth(took: &[Duration], rate: f64) -> f64 {
    let quarter = took.len() / 4;
    let middle = |from: usize| {
        median(took[from..from + quarter].iter().map(Duration::as_secs_f64).collect())
    };
    let between = (2 * quarter) as f64 / rate;
    (middle(took.len() - quarter) - middle(quarter)) / between
}
