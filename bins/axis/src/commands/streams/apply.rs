//! `axis streams apply`

use bus::{Change, Replicas, streams};
use clap::Args;

use crate::{Answer, Place};

/// How the streams are kept.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Servers of a NATS cluster that keep a copy of each stream: 1, 3 or 5. If unset, as many as now
    #[arg(long, env = "STREAM_REPLICAS", value_name = "COUNT", value_parser = replicas)]
    replicas: Option<u8>,
}

fn replicas(text: &str) -> Result<u8, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        "5" => Ok(5),
        _ => Err("give 1, 3 or 5".to_owned()),
    }
}

/// Makes the streams as declared.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let replicas = arguments.replicas.map_or(Replicas::Keep, Replicas::Of);
    let applied = streams::apply(&place.bus().await?, replicas).await?;
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
