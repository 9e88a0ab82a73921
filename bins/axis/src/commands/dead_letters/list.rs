//! `axis dead-letters list`

use std::collections::VecDeque;

use bus::{DeadLetters, StoredDeadLetter};
use chrono::SecondsFormat;
use clap::Args;
use repair::{account_of, mask};
use serde_json::{Value, json};

use super::selection::{Common, Selection};
use crate::answer::table;
use crate::{Answer, Place};

/// Which dead letters.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,

    /// Only those given up for this reason: `undecodable`, `refused-by-database`, …
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,

    /// Most to list, 1 to 1000
    #[arg(
        long,
        default_value_t = 50,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    limit: u16,
}

/// Lists the dead letters, without their content.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let letters = place.bus().await?.dead_letters();
    let (common, reason) = (arguments.common.clone(), arguments.reason.clone());
    let common = common.shared(place).await?;
    let selection = Selection { sequence: None, reason, common };
    let found = newest(&letters, selection, arguments.limit.into()).await?;
    let total = letters.count().await?;
    let headings = ["sequence", "when", "stream", "subject", "reason", "detail"];
    let (rows, values): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let text = if rows.is_empty() {
        format!("no dead letters of this kind, {total} in all")
    } else {
        let shown = rows.len();
        format!("{}\n{shown} shown, {total} in all", table(headings, &rows))
    };
    Answer::new(text, &json!({ "deadLetters": values, "total": total }))
}

/// Returns the newest of those that are meant, newest first. They are read from the oldest on: NATS hands
/// them out in one go, while going backwards would mean to ask for each position, and most may be empty.
async fn newest(
    letters: &DeadLetters,
    selection: Selection,
    limit: usize,
) -> anyhow::Result<Vec<([String; 6], Value)>> {
    let mut newest = VecDeque::with_capacity(limit);
    let mut selected = selection.open(letters).await?;
    while let Some(stored) = selected.next().await? {
        if newest.len() == limit {
            newest.pop_back();
        }
        // Its content, of up to 8 MB, is dropped.
        newest.push_front((row(&stored), value(&stored)));
    }
    Ok(newest.into())
}

fn row(stored: &StoredDeadLetter) -> [String; 6] {
    let letter = &stored.letter;
    [
        stored.sequence.to_string(),
        letter.at.format("%Y-%m-%d %H:%M:%S").to_string(),
        letter.stream.clone(),
        letter.subject.clone(),
        letter.reason.clone(),
        mask::quotations(&letter.detail),
    ]
}

/// A dead letter without its content, as a value.
pub(super) fn value(stored: &StoredDeadLetter) -> Value {
    let letter = &stored.letter;
    json!({
        "sequence": stored.sequence,
        "at": letter.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "stream": letter.stream,
        "streamSequence": letter.sequence,
        "consumer": letter.consumer,
        "subject": letter.subject,
        "account": account_of(stored),
        "reason": letter.reason,
        "detail": mask::quotations(&letter.detail),
    })
}
