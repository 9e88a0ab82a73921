//! `axis dead-letters show`

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;
use repair::mask;
use serde_json::json;

use super::list;
use crate::answer::in_line;
use crate::{Answer, Place};

/// Which dead letter.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Position of the dead letter, as listed
    sequence: u64,

    /// Show names, addresses and contents too
    #[arg(long)]
    unmasked: bool,
}

/// Shows a dead letter.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let letters = place.bus().await?.dead_letters();
    let sequence = arguments.sequence;
    let Some(stored) = letters.get(sequence).await? else {
        bail!("there is no dead letter {sequence}: see `axis dead-letters list`");
    };
    let headers = mask::headers(&stored, !arguments.unmasked);
    let payload = if arguments.unmasked {
        mask::unmasked(&stored.payload)
    } else {
        mask::payload(&stored.payload)
    };
    let bytes = stored.payload.len();
    let mut value = list::value(&stored);
    if arguments.unmasked {
        value["detail"] = stored.letter.detail.clone().into();
    }
    let mut text = String::new();
    let facts = value.as_object().into_iter().chain(headers.as_object()).flatten();
    // Headers about the dead letter itself are among the facts already.
    for (name, fact) in facts.filter(|(name, _)| !name.starts_with("Axis-Dead-")) {
        let fact = fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
        writeln!(text, "{name:<22} {}", in_line(&fact))?;
    }
    writeln!(text, "\n{bytes} bytes:\n{payload:#}")?;
    value["headers"] = headers;
    value["bytes"] = json!(bytes);
    value["payload"] = payload;
    Answer::new(text, &value)
}
