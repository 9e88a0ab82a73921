//! `axis journal segments`

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde_json::{Value, json};
use webhook_receiver::journal::{self, Inspection};

use super::Folder;
use crate::answer::table;
use crate::{Answer, Place};

/// Which journal.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,
}

/// Lists the segments.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let read = arguments
        .folder
        .read(place, |folder| Ok((journal::inspect(folder)?, journal::set_aside(folder)?)));
    let (segments, aside) = read.await?;
    let newest = segments.last().map(|segment| segment.first);
    let headings =
        ["segment", "records", "published", "bytes", "received from", "to", "what is wrong"];
    let rows: Vec<_> = segments.iter().map(|one| row(one, Some(one.first) == newest)).collect();
    let sound = rows.iter().all(|row| row[6].is_empty()) && aside.is_empty();
    let mut text = table(headings, &rows);
    for path in &aside {
        writeln!(text, "set aside, since not all of it could be read: {}", path.display())?;
    }
    let sum = |of: fn(&Inspection) -> u64| segments.iter().map(of).sum::<u64>();
    let (records, published) = (sum(|one| one.records), sum(|one| one.published));
    writeln!(
        text,
        "{records} events in {} segments, {} of them not published, {} bytes",
        segments.len(),
        records - published,
        sum(|one| one.bytes),
    )?;
    let value = json!({
        "segments": segments.iter().map(value).collect::<Vec<Value>>(),
        "setAside": aside,
        "records": records,
        "unpublished": records - published,
        "sound": sound,
    });
    Ok(Answer::new(text, &value)?.succeeding_if(sound))
}

fn row(segment: &Inspection, newest: bool) -> [String; 7] {
    let time = |at: Option<DateTime<Utc>>| {
        at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
    };
    let mut wrong = Vec::new();
    if segment.unreadable {
        wrong.push("its beginning is damaged".to_owned());
    }
    if let Some(failure) = &segment.failure {
        wrong.push(format!("the disk does not give all of it: {failure}"));
    }
    if segment.damaged > 0 {
        wrong.push(format!("{} bytes are damaged", segment.damaged));
    }
    // The newest may be in the middle of being written.
    if segment.torn > 0 && !newest {
        wrong.push(format!("the last {} bytes are not a record", segment.torn));
    }
    if segment.foreign > 0 {
        wrong.push(format!("{} records are of a later version", segment.foreign));
    }
    [
        segment.first.to_string(),
        segment.records.to_string(),
        segment.published.to_string(),
        segment.bytes.to_string(),
        time(segment.received.map(|(first, _)| first)),
        time(segment.received.map(|(_, last)| last)),
        wrong.join(", "),
    ]
}

fn value(segment: &Inspection) -> Value {
    json!({
        "first": segment.first,
        "file": segment.path,
        "bytes": segment.bytes,
        "records": segment.records,
        "published": segment.published,
        "receivedFrom": segment.received.map(|(first, _)| first),
        "receivedTo": segment.received.map(|(_, last)| last),
        "damagedBytes": segment.damaged,
        "tornBytes": segment.torn,
        "laterVersion": segment.foreign,
        "unreadable": segment.unreadable,
        "failure": segment.failure,
    })
}
