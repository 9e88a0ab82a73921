//! `axis dead-letters drop`

use anyhow::bail;
use bus::StoredDeadLetter;
use clap::Args;
use serde_json::json;
use service::Service;

use super::round::{End, Limits, Outcome, Round};
use super::selection::{Common, Selection};
use crate::audit::Operator;
use crate::commands::prepared;
use crate::{Answer, Place};

/// Which dead letters, and how fast.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    limits: Limits,

    /// Confirm it: they are removed, which cannot be undone
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

/// One or some.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Position of one, as listed
    sequence: Option<u64>,

    /// All that were given up for this reason
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,
}

/// Removes dead letters.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { which, common, limits, yes, operator, service } = arguments;
    if !yes && !limits.dry_run {
        bail!("dropping cannot be undone: look with --dry-run, then pass --yes to confirm");
    }
    let service = Service::start("axis", &service)?;
    let which = (which.sequence, which.reason);
    let opening = Selection::prepare(place, "dead-letters drop", which, common, limits.dry_run);
    let (letters, mut selected, recorded) = prepared(&service, Box::pin(opening)).await?;
    let begun = match recorded {
        Some((store, act)) => Some(operator.begin(store, act, limits.details()).await?),
        None => None,
    };
    let act = async |letter: &StoredDeadLetter| {
        Ok(if letters.drop(letter.sequence).await? {
            Outcome::Done("dropped".to_owned())
        } else {
            Outcome::Left("somebody else has removed it".to_owned())
        })
    };
    let round = Round::run(&mut selected, &limits, &service, "would be dropped", act).await;
    if let Some(begun) = begun {
        begun.end(round.count, &round.end.words()).await;
    }
    let why = round.end.why();
    let summary = if limits.dry_run {
        format!("{} would be dropped{why}", round.letters.len())
    } else {
        format!("{} dropped{why}", round.count)
    };
    let value = json!({
        "deadLetters": round.values(),
        "dropped": round.count,
        "dryRun": limits.dry_run,
        "ended": round.end.word(),
        "error": round.end.error(),
    });
    let complete = matches!(round.end, End::Done | End::Most);
    Ok(Answer::new(round.lines() + &summary, &value)?.succeeding_if(complete))
}
