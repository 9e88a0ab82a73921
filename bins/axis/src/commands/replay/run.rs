//! The replay itself.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use bus::{Bus, History, Past, Publisher};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use events::{Inbound, subject};
use serde_json::json;
use service::Pace;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::tally::Tally;
use super::{Arguments, MARK, copy};
use crate::Answer;

/// How often it says how far it is.
const PROGRESS: Duration = Duration::from_secs(1);

/// A replay under way.
pub(super) struct Replay<'a> {
    arguments: &'a Arguments,
    history: History,
    publisher: Publisher,
    stamp: String,
    tally: Tally,
    /// Copies of earlier replays.
    copies: u64,
    /// What no worker could read either.
    unreadable: u64,
    /// Where another replay would have to begin to do what this one did not.
    next: DateTime<Utc>,
}

/// Why it ended.
pub(super) enum Ended {
    /// It came to the end.
    Done,
    /// As many as wanted were handed out, and there are more.
    Most,
    /// Somebody interrupted it.
    Interrupted,
    /// NATS failed for too long.
    Failed(anyhow::Error),
}

impl Ended {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Most => "most",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
        }
    }
}

impl<'a> Replay<'a> {
    pub(super) async fn start(arguments: &'a Arguments, bus: &Bus) -> anyhow::Result<Self> {
        let any = || "*".to_owned();
        let account = arguments.account.map_or_else(any, |account| account.token());
        let event = arguments.event.as_deref().map_or_else(any, subject::token);
        let filter = format!("inbound.{account}.{event}");
        let history = bus.history(subject::INBOUND, filter, Some(arguments.from)).await?;
        Ok(Self {
            arguments,
            history,
            publisher: bus.publisher(),
            stamp: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            tally: Tally::default(),
            copies: 0,
            unreadable: 0,
            next: arguments.from,
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.tally.total()
    }

    pub(super) async fn run(&mut self, shutdown: CancellationToken) -> Ended {
        let mut pace = Pace::new(self.arguments.per_second);
        let mut told = Instant::now();
        loop {
            let past = match shutdown.run_until_cancelled(self.history.next()).await {
                None => return Ended::Interrupted,
                Some(Err(error)) => return Ended::Failed(error.into()),
                Some(Ok(None)) => return Ended::Done,
                Some(Ok(Some(past))) => past,
            };
            if self.arguments.to.is_some_and(|to| past.published_at >= to) {
                return Ended::Done;
            }
            let (at, after) = (past.published_at, past.published_at + TimeDelta::nanoseconds(1));
            let Some(inbound) = self.wanted(&past) else {
                self.next = after;
                continue;
            };
            self.next = at;
            if self.arguments.most.is_some_and(|most| self.count() >= most) {
                return Ended::Most;
            }
            if !self.arguments.dry_run {
                if shutdown.run_until_cancelled(pace.turn()).await.is_none() {
                    return Ended::Interrupted;
                }
                if let Err(error) = self.hand_out(past).await {
                    return Ended::Failed(error);
                }
            }
            self.next = after;
            self.tally.add(inbound.account.to_string(), inbound.event);
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                self.tell();
            }
        }
    }

    /// What a message says of itself, if it is an event that is meant.
    fn wanted(&mut self, past: &Past) -> Option<Inbound> {
        if past.headers.get(MARK).is_some() {
            self.copies += 1;
            return None;
        }
        let Ok(inbound) = Inbound::read(&past.headers) else {
            self.unreadable += 1;
            return None;
        };
        // Names are cut to fit into subjects, so the subject is not enough.
        let named = self.arguments.event.as_ref().is_none_or(|event| *event == inbound.event);
        let meant = self.arguments.account.is_none_or(|account| account == inbound.account);
        (named && meant).then_some(inbound)
    }

    async fn hand_out(&self, past: Past) -> anyhow::Result<()> {
        let Past { sequence, subject, headers, payload, .. } = past;
        let envelope = copy(subject, &headers, payload, &self.stamp, sequence);
        self.publisher.publish(envelope).await?;
        Ok(())
    }

    fn tell(&self) {
        let (count, about) = (self.count(), self.history.about());
        let (done, at) = (self.verb(), self.next.to_rfc3339_opts(SecondsFormat::Secs, true));
        // With standard error closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{count} of at most {about} {done}, now at {at}");
    }

    fn verb(&self) -> &'static str {
        if self.arguments.dry_run { "would be replayed" } else { "replayed" }
    }

    pub(super) fn answer(&self, ended: &Ended) -> anyhow::Result<Answer> {
        let complete = matches!(ended, Ended::Done | Ended::Most);
        let error = match ended {
            Ended::Failed(error) => Some(format!("{error:#}")),
            _ => None,
        };
        let next = self.next.to_rfc3339_opts(SecondsFormat::Nanos, true);
        let next = (!matches!(ended, Ended::Done)).then_some(next);
        let mut text = String::new();
        if self.count() > 0 {
            text = self.tally.table() + "\n";
        }
        write!(text, "{} {}", self.count(), self.verb())?;
        if self.copies > 0 {
            write!(text, ", {} copies of earlier replays passed over", self.copies)?;
        }
        if self.unreadable > 0 {
            write!(text, ", {} that are no events passed over", self.unreadable)?;
        }
        text += match ended {
            Ended::Done => "",
            Ended::Most => "; there are more",
            Ended::Interrupted => "; interrupted",
            Ended::Failed(_) => "; failed",
        };
        if let Some(error) = &error {
            write!(text, ", since {error}")?;
        }
        if let Some(next) = &next {
            write!(text, "\nto go on: --from {next}")?;
        }
        let value = json!({
            "replayed": self.count(),
            "dryRun": self.arguments.dry_run,
            "by": self.tally.value(),
            "copies": self.copies,
            "unreadable": self.unreadable,
            "ended": ended.word(),
            "error": error,
            "goOnFrom": next,
        });
        Ok(Answer::new(text, &value)?.succeeding_if(complete))
    }
}
