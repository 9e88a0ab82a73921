//! `axis replay`
//!
//! ```text
//! INBOUND  1 2 3 4 5 6 │ 2' 4' 5' …     a copy of each event that is meant, behind the end
//!            └─window┘ │                that the stream had when the replay began
//! ```
//!
//! A copy has its original's headers, the time of its receipt among them, and so becomes the same
//! rows. It bears the header `Axis-Replay`, by which later replays pass it over.

mod run;
mod tally;

use chrono::{DateTime, Utc};
use clap::Args;
use domain::AccountKey;
use events::{Envelope, Headers, MESSAGE_ID};
use service::Service;

use crate::audit::{Act, Operator};
use crate::{Answer, Place};

use run::Replay;

/// The header of a copy: when its replay began.
const MARK: &str = "Axis-Replay";

/// Which events, and how fast.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Begin with what the stream got at this time, `2026-03-01T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: DateTime<Utc>,

    /// End before what it got at this time; unset: with what it has when the replay begins
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<DateTime<Utc>>,

    /// Only events of this Chatwoot account
    #[arg(long, value_name = "KEY")]
    account: Option<AccountKey>,

    /// Only events of this name: `message_created`, …
    #[arg(long, value_name = "NAME")]
    event: Option<String>,

    /// Only count them, by account and event
    #[arg(long)]
    dry_run: bool,

    /// Most to hand to the workers; unset: all
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    most: Option<u64>,

    /// Most to hand to the workers in a second
    #[arg(
        long,
        default_value_t = 200,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    per_second: u32,

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(Into::into)
        .map_err(|_| "give a date and time with its zone, such as 2026-03-01T08:00:00Z".to_owned())
}

impl Arguments {
    /// In words, for the audit.
    fn words(&self) -> String {
        let mut words = vec![format!("from {}", self.from.to_rfc3339())];
        words.extend(self.to.map(|to| format!("to {}", to.to_rfc3339())));
        words.extend(self.account.map(|account| format!("account {account}")));
        words.extend(self.event.as_ref().map(|event| format!("event {event}")));
        words.join(", ")
    }
}

/// Hands events to the workers again.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let service = Service::start("axis", &arguments.service)?;
    let bus = place.bus().await?;
    let mut replay = Replay::start(arguments, &bus).await?;
    if arguments.dry_run {
        let ended = replay.run(service.shutdown()).await;
        return replay.answer(&ended);
    }
    let store = place.store().await?;
    let act = Act::new("replay", arguments.words()).on(&store, arguments.account).await?;
    let begun = arguments.operator.clone().begin(store, act).await?;
    let ended = replay.run(service.shutdown()).await;
    begun.end(replay.count(), ended.word()).await;
    replay.answer(&ended)
}

/// An event once more. Its id is new, and the same should it have to be published twice.
fn copy<P>(subject: String, original: &Headers, payload: P, stamp: &str, at: u64) -> Envelope<P> {
    let id = original.get(MESSAGE_ID).unwrap_or("unnamed");
    let mut headers = Headers::default();
    for (name, value) in original.iter().filter(|(name, _)| !name.starts_with("Nats-")) {
        headers.push(name, value);
    }
    Envelope {
        subject,
        message_id: format!("{id}:replay:{stamp}:{at}"),
        headers: headers.with(MARK, stamp),
        payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_differs_from_its_original_in_its_id_and_its_mark_only() {
        let original = Headers::default().with("Axis-Received-At", "17").with(MESSAGE_ID, "x");
        let copied = copy("inbound.a.b".to_owned(), &original, "body", "now", 7);
        assert_eq!(copied.message_id, "x:replay:now:7");
        let expected = Headers::default().with("Axis-Received-At", "17").with(MARK, "now");
        assert_eq!(copied.headers, expected);
        // One event may be in the stream more than once, received at different times.
        let other = copy("inbound.a.b".to_owned(), &original, "body", "now", 8);
        assert_ne!(copied.message_id, other.message_id);
    }

    #[test]
    fn a_time_needs_a_zone() {
        assert!(time("2026-03-01T08:00:00.5+02:00").is_ok());
        assert!(time("2026-03-01").unwrap_err().contains("zone"));
    }
}
