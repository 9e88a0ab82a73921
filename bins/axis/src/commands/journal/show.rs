//! `axis journal show`

use std::fmt::Write as _;

use anyhow::{anyhow, bail};
use clap::Args;
use repair::mask;
use webhook_receiver::journal;

use super::{Folder, list};
use crate::answer::in_line;
use crate::{Answer, Place};

/// Which event.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,

    /// Sequence of the event, as listed
    sequence: u64,

    /// Show names, addresses and contents too
    #[arg(long)]
    unmasked: bool,
}

/// Shows an event.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { folder, sequence, unmasked } = arguments;
    let read = folder.read(place, move |folder| {
        for one in journal::read(folder)? {
            let one = one?;
            if one.record.sequence == sequence {
                return Ok(one);
            }
            if one.record.sequence > sequence {
                break;
            }
        }
        Err(anyhow!("there is no event {sequence}: see `axis journal list`"))
    });
    let found = read.await?;
    let mut value = list::value(&found);
    let body = &found.record.body;
    let payload = if unmasked { mask::unmasked(body) } else { mask::payload(body) };
    let mut text = String::new();
    let Some(facts) = value.as_object_mut() else { bail!("an event is an object") };
    for (name, fact) in facts.iter() {
        let fact = fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
        writeln!(text, "{name:<12} {}", in_line(&fact))?;
    }
    writeln!(text, "\n{payload:#}")?;
    facts.insert("payload".to_owned(), payload);
    Answer::new(text, &value)
}
