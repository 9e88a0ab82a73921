//! `axis reconcile now`

use clap::Args;
use service::Service;
use store::reconciliations::Tally;

use crate::audit::{Act, Operator};
use crate::commands::backfill::{Fast, answer, end, open};
use crate::commands::prepared;
use crate::{Answer, Place};

/// Which account, and how fast.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,

    #[command(flatten)]
    speed: Fast,

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

/// Compares what changed since the last time.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let service = Service::start("axis", &arguments.service)?;
    let opening = Box::pin(async {
        let (backfill, account) = open(place, &arguments.account, arguments.speed).await?;
        let store = place.store().await?;
        let act = Act::new("reconcile now", format!("account {account}"));
        let act = act.on(&store, Some(account)).await?;
        Ok((backfill, account, store, act))
    });
    let (backfill, account, store, act) = prepared(&service, opening).await?;
    let begun = arguments.operator.clone().begin(store, act, arguments.speed.details()).await?;
    let (speed, shutdown) = (arguments.speed.speed(), service.shutdown());
    let mut found = Tally::default();
    let reached = backfill.lately(account, speed, &shutdown, |reached| found = reached.found);
    let reached = Box::pin(reached).await;
    end(&begun, found, &reached).await;
    answer(&reached?, &arguments.account)
}
