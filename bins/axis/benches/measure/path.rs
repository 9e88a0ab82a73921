//! From a webhook to its frame on a screen, through every program.

use crate::arguments::{Part, Scale};
use crate::events::Events;
use crate::latency::Latency;
use crate::load;
use crate::report::{Budget, Row, Unit};
use crate::screen::{Screen, latencies};
use crate::stage::{Stage, TENANT, address};

/// Events that tell how many the whole path carries, for about as long as each load lasts.
const FLOOD: usize = 40_000;
/// Seconds at each load.
const STEADY: usize = 8;

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
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
        row("webhook to screen, at most", Unit::PerSecond, most)
            .against("acknowledged meanwhile", flood.rate()),
    ];
    let mut lightest = None;
    for load in [10, 50, 90] {
        let rate = most * f64::from(load) / 100.0;
        let count = (rate * scale.of(STEADY * 10) as f64 / 10.0) as usize;
        let first = events.next();
        let run = load::open(target, events.requests(count), rate).await?;
        let heard = screen.take(count).await;
        let took = Latency::of(latencies(&heard, first, run.began, rate));
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
