//! `axis backfill`

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};
use service::Service;
use store::reconciliations::Tally;
use sync_worker::reconcile::{Backfill, Config, Reached, ReconcileError, Speed};

use crate::audit::{Act, Begun, Operator};
use crate::commands::prepared;
use crate::progress::Progress;
use crate::{Answer, Place};

/// Which account, and how fast.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,

    /// Begin anew, even if an earlier backfill did not come to its end
    #[arg(long)]
    anew: bool,

    #[command(flatten)]
    speed: Fast,

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

/// How fast.
#[derive(Debug, Clone, Copy, Args)]
#[group(skip)]
pub(super) struct Fast {
    /// Requests per second to Chatwoot, which by default allows 50 from one address
    #[arg(
        long,
        default_value_t = 25,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    per_second: u32,

    /// Conversations read at the same time, 1 to 64
    #[arg(
        long,
        default_value_t = 8,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u8).range(1..=64)
    )]
    concurrency: u8,

    /// Seconds that a webhook has to arrive before its event counts as missed
    #[arg(long, default_value_t = 30, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub(super) grace: u32,
}

impl Fast {
    pub(super) fn speed(self) -> Speed {
        Speed { per_second: self.per_second, concurrency: self.concurrency.into() }
    }

    /// The speed, for the audit.
    pub(super) fn details(self) -> Value {
        json!({ "perSecond": self.per_second, "concurrency": self.concurrency })
    }
}

/// Compares all of an account with its Chatwoot.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let service = Service::start("axis", &arguments.service)?;
    let opening = Box::pin(async {
        let (backfill, account) = open(place, &arguments.account, arguments.speed).await?;
        let store = place.store().await?;
        let act = Act::new("backfill", format!("account {account}"));
        let act = act.on(&store, Some(account)).await?;
        Ok((backfill, account, store, act))
    });
    let (backfill, account, store, act) = prepared(&service, opening).await?;
    let begun = arguments.operator.clone().begin(store, act, arguments.speed.details()).await?;
    let mut progress = Progress::of("conversations");
    let (speed, anew) = (arguments.speed.speed(), arguments.anew);
    let shutdown = service.shutdown();
    let mut found = Tally::default();
    let told = |reached: &Reached| {
        found = reached.found;
        show(&mut progress, reached);
    };
    let reached = Box::pin(backfill.everything(account, speed, anew, &shutdown, told)).await;
    progress.ended();
    end(&begun, found, &reached).await;
    answer(&reached?, &arguments.account)
}

/// Records how it ended, and what had been found by then even if it failed.
pub(super) async fn end(begun: &Begun, found: Tally, reached: &Result<Reached, ReconcileError>) {
    let rows = u64::try_from(found.brought_in + found.drift_repaired).unwrap_or_default();
    let ended = match reached {
        Ok(reached) if reached.complete => "done".to_owned(),
        Ok(_) => "interrupted".to_owned(),
        Err(error) => error.to_string(),
    };
    begun.end(rows, &ended).await;
}

/// Opens what a command of this kind works with.
pub(super) async fn open(
    place: &Place,
    account: &str,
    fast: Fast,
) -> anyhow::Result<(Backfill, domain::AccountKey)> {
    let (key, store, bus) = (place.secret_key()?, place.store().await?, place.bus().await?);
    let all = store::accounts::all(&store).await?;
    let account = accounts::find(all, account)?.id;
    let config = Config { reconcile_grace_seconds: fast.grace, ..Config::default() };
    Ok((Backfill::new(config, key, store, bus), account))
}

/// Says what came of it, and how to go on.
pub(super) fn answer(reached: &Reached, account: &str) -> anyhow::Result<Answer> {
    let Tally { brought_in, drift_found, drift_repaired } = reached.found;
    let walk = &reached.progress.walk;
    let mut text = String::new();
    if brought_in > 0 {
        writeln!(text, "{brought_in} rows brought in")?;
    }
    writeln!(
        text,
        "{drift_found} rows were missing, different or gone; {drift_repaired} repaired"
    )?;
    for one in &reached.unread {
        writeln!(text, "not read: {one}")?;
    }
    if reached.complete {
        text += "done; the sync workers apply what was found";
    } else if reached.walked {
        let what = "what changed lately is not compared yet";
        write!(text, "interrupted; {what}: `axis reconcile now --account {account}`")?;
    } else {
        write!(text, "interrupted; `axis backfill --account {account}` goes on from here")?;
    }
    let value = json!({
        "broughtIn": brought_in,
        "driftFound": drift_found,
        "driftRepaired": drift_repaired,
        "conversations": walk.done,
        "unread": reached.unread,
        "complete": reached.complete,
    });
    Ok(Answer::new(text, &value)?.succeeding_if(reached.complete))
}

/// Shows how far it is.
fn show(progress: &mut Progress, reached: &Reached) {
    let walk = &reached.progress.walk;
    let done = u64::try_from(walk.done).unwrap_or_default();
    let total = u64::try_from(walk.total.unwrap_or(walk.done)).unwrap_or_default().max(done);
    let trouble = reached.progress.last_error.as_deref();
    let trouble = trouble.map_or(String::new(), |error| format!("; waiting, since {error}"));
    progress.at(done, total, trouble);
}
