//! What one account's flood does to another's events.

use testkit::sqlx;

use crate::arguments::{Part, Scale};
use crate::events::Events;
use crate::latency::Latency;
use crate::load;
use crate::report::{Budget, Row, Unit};
use crate::screen::{Screen, latencies};
use crate::stage::{Stage, TENANT, address};
use crate::sync;

/// Events that wait when the measuring begins.
const FLOOD: usize = 50_000;
/// Events per second of the other account.
const RATE: f64 = 50.0;
const SECONDS: usize = 5;

pub async fn measure(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    stage.write_log_ahead().await?;
    let (loud, quiet) = (stage.account("loud", 1).await?, stage.account(TENANT, 2).await?);
    let receiver = stage.receiver(&[&loud, &quiet]).await?;
    let _worker = stage.program("sync-worker").await;
    let api = stage.program("api").await;
    let screen = Screen::open(address(&api)?).await?;
    let target = address(&receiver)?;
    let (mut floods, mut events) = (Events::of(&loud, 5_000), Events::of(&quiet, 100));
    let count = RATE as usize * SECONDS;

    load::closed(target, events.requests(count)).await?;
    screen.take(count).await;
    let mut latency = Vec::new();
    let flood = scale.of(FLOOD);
    for round in [0, flood] {
        sync::publish(&stage, floods.envelopes(round)).await?;
        let first = events.next();
        let run = load::open(target, events.requests(count), RATE).await?;
        let heard = screen.take(count).await;
        latency.push(Latency::of(latencies(&heard, first, run.began, RATE)));
    }
    let applied: i64 =
        sqlx::query_scalar("select count(*) from webhook_events where tenant_id = $1")
            .bind(loud.tenant.as_str())
            .fetch_one(&mut stage.superuser().await?)
            .await?;
    let waiting = flood.saturating_sub(applied as usize);

    let (calm, stormy) = (&latency[0], &latency[1]);
    let row = |name: &str, share| {
        Row::new(Part::Fairness, name, Unit::Millis, stormy.quantile(share))
            .against("without a flood", calm.quantile(share))
    };
    let flooded = format!("webhook to screen while another account floods {flood}");
    Ok(vec![
        row(&format!("{flooded}, p50"), 0.5).within(Budget::RatioAtMost(2.0)),
        row(&format!("{flooded}, p99"), 0.99),
        Row::new(Part::Fairness, "the flood's events still waiting", Unit::Count, waiting as f64),
    ])
}
