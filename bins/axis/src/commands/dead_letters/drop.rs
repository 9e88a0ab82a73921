//! `axis dead-letters drop`

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use service::Service;

use super::selection::{Common, Done, Selection};
use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which dead letters.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    common: Common,

    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,

    /// Remove them: they cannot be got back
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
    /// The position of one, as listed
    sequence: Option<u64>,

    /// All that were given up for this reason
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,
}

/// Removes dead letters.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { which, common, dry_run, yes, operator, service } = arguments;
    if !yes && !dry_run {
        bail!("what is dropped cannot be got back: look with --dry-run, then say --yes");
    }
    let shutdown = Service::start("axis", &service)?.shutdown();
    let common = common.shared(place).await?;
    let selection = Selection { sequence: which.sequence, reason: which.reason, common };
    let (what, account) = (selection.words(), selection.common.account);
    let letters = place.bus().await?.dead_letters();
    let mut selected = selection.open(&letters).await?;
    let begun = if dry_run {
        None
    } else {
        let store = place.store().await?;
        let act = Act::new("dead-letters drop", what).on(&store, account).await?;
        Some(operator.begin(store, act, json!({})).await?)
    };
    let mut done = Vec::new();
    let mut dropped = 0;
    let ended = loop {
        if shutdown.is_cancelled() {
            break Some("interrupted".to_owned());
        }
        let next = match selected.next().await {
            Ok(Some(next)) => next,
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        };
        if dry_run {
            done.push(Done::new(&next, "would be dropped"));
            continue;
        }
        match letters.drop(next.sequence).await {
            Ok(true) => {
                dropped += 1;
                done.push(Done::new(&next, "dropped"));
            }
            Ok(false) => done.push(Done::new(&next, "somebody else has removed it")),
            Err(error) => break Some(error.to_string()),
        }
    };
    if let Some(begun) = begun {
        begun.end(dropped, ended.as_deref().unwrap_or("done")).await;
    }
    let mut text: String = done.iter().map(Done::line).collect();
    let summary = if dry_run {
        format!("{} would be dropped", done.len())
    } else {
        format!("{dropped} dropped")
    };
    text.push_str(&summary);
    if let Some(why) = &ended {
        write!(text, "; the rest stays: {why}")?;
    }
    let value = json!({
        "deadLetters": done.iter().map(Done::value).collect::<Vec<Value>>(),
        "dropped": dropped,
        "dryRun": dry_run,
        "error": ended,
    });
    Ok(Answer::new(text, &value)?.succeeding_if(ended.is_none()))
}
