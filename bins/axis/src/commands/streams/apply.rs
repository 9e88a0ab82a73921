//! `axis streams apply`

use anyhow::bail;
use bus::{Change, Replicas, streams};
use clap::Args;

use crate::{Answer, Place};

/// How the streams are kept.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Servers of a NATS cluster that keep a copy of each stream: 1, 3 or 5. If unset, as many as now
    #[arg(long, env = "STREAM_REPLICAS", value_name = "COUNT", value_parser = replicas)]
    replicas: Option<Replicas>,

    /// Confirm that fewer servers keep a copy than now
    #[arg(long)]
    yes: bool,
}

/// Nothing, as a file of settings may have it, is as if unset.
fn replicas(text: &str) -> Result<Replicas, String> {
    match text {
        "" => Ok(Replicas::Keep),
        "1" => Ok(Replicas::Of(1)),
        "3" => Ok(Replicas::Of(3)),
        "5" => Ok(Replicas::Of(5)),
        _ => Err("give 1, 3 or 5".to_owned()),
    }
}

/// Makes the streams as declared.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let replicas = arguments.replicas.unwrap_or_default();
    let bus = place.bus().await?;
    if let Replicas::Of(count) = replicas
        && !arguments.yes
    {
        let losing = streams::with_more_replicas(&bus, count).await?;
        if !losing.is_empty() {
            bail!(
                "more servers than {count} have a copy of {}: give no number of replicas \
                 (STREAM_REPLICAS, --replicas) to leave it so, or pass --yes to confirm",
                losing.join(", ")
            );
        }
    }
    let applied = streams::apply(&bus, replicas).await?;
    let line = |one: &bus::Applied| {
        let done = match one.change {
            Change::Created => "created",
            Change::Updated => "updated",
            Change::Unchanged => "unchanged",
        };
        format!("{done:<10} {}\n", one.what)
    };
    Answer::new(applied.iter().map(line).collect::<String>(), &applied)
}
