//! `axis reconcile now`

use clap::Args;
use service::Service;

use crate::commands::backfill::{Fast, answer, open};
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
    service: service::Config,
}

/// Compares what changed since the last time.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let service = Service::start("axis", &arguments.service)?;
    let (backfill, account) = open(place, &arguments.account, arguments.speed).await?;
    let shutdown = service.shutdown();
    let reached = backfill.lately(account, arguments.speed.speed(), &shutdown);
    answer(&Box::pin(reached).await?, &arguments.account)
}
