//! `axis journal list`

use std::collections::VecDeque;

use chrono::SecondsFormat;
use clap::Args;
use domain::AccountKey;
use serde_json::{Value, json};
use webhook_receiver::journal::{self, Inspected};

use super::Folder;
use crate::answer::table;
use crate::{Answer, Place};

/// Which events.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    folder: Folder,

    /// Sequence to begin with
    #[arg(long, default_value_t = 0, value_name = "SEQUENCE")]
    from: u64,

    /// Only events of this Chatwoot account
    #[arg(long, value_name = "KEY")]
    account: Option<AccountKey>,

    /// Only events of this name: `message_created`, …
    #[arg(long, value_name = "NAME")]
    event: Option<String>,

    /// Only events that are not known to be published
    #[arg(long)]
    unpublished: bool,

    /// Of all that fit, the newest ones
    #[arg(long)]
    newest: bool,

    /// Most to list, 1 to 10000
    #[arg(
        long,
        default_value_t = 50,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=10_000)
    )]
    limit: u16,
}

impl Arguments {
    fn fits(&self, found: &Inspected) -> bool {
        let inbound = &found.record.inbound;
        found.record.sequence >= self.from
            && self.account.is_none_or(|account| account == inbound.account)
            && self.event.as_ref().is_none_or(|event| *event == inbound.event)
            && !(self.unpublished && found.published)
    }
}

/// Lists the events.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let folder = arguments.folder.clone();
    let read = folder.read(place, move |folder| {
        let mut found = VecDeque::new();
        let mut more = false;
        for one in journal::read(folder)? {
            let one = one?;
            if arguments.fits(&one) {
                if found.len() == usize::from(arguments.limit) {
                    more = true;
                    if !arguments.newest {
                        break;
                    }
                    found.pop_front();
                }
                // Its body, of up to 8 MB, is dropped.
                found.push_back((row(&one), value(&one)));
            }
        }
        Ok((found, more))
    });
    let (found, more) = read.await?;
    let headings = ["sequence", "received", "account", "event", "bytes", "published"];
    let (rows, values): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let mut text = table(headings, &rows);
    if more {
        text += "there are more, which --limit left out\n";
    }
    Answer::new(text, &json!({ "events": values, "more": more }))
}

fn row(found: &Inspected) -> [String; 6] {
    let record = &found.record;
    [
        record.sequence.to_string(),
        record.inbound.received_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        record.inbound.account.to_string(),
        record.inbound.event.clone(),
        record.body.len().to_string(),
        if found.published { "yes" } else { "no" }.to_owned(),
    ]
}

/// An event without its body, as a value.
pub(super) fn value(found: &Inspected) -> Value {
    let record = &found.record;
    json!({
        "sequence": record.sequence,
        "id": record.inbound.id,
        "receivedAt": record.inbound.received_at,
        "account": record.inbound.account,
        "tenant": record.inbound.tenant,
        "event": record.inbound.event,
        "delivery": record.inbound.delivery,
        "origin": record.inbound.origin,
        "bytes": record.body.len(),
        "published": found.published,
    })
}
