//! Takes up dead letters one after the other, no more of them and no faster than wanted.

use bus::StoredDeadLetter;
use clap::Args;
use serde_json::{Value, json};
use service::{Pace, Service};

use super::selection::{Done, Selected};

/// How many, how fast, or not at all.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Limits {
    /// Only say what would be done
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Most dead letters to take up
    #[arg(
        long,
        default_value_t = 1000,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    most: u32,

    /// Most dead letters to take up per second
    #[arg(
        long,
        default_value_t = 50,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    per_second: u32,
}

impl Limits {
    /// The limits, for the audit.
    pub(super) fn details(&self) -> Value {
        json!({ "most": self.most, "perSecond": self.per_second })
    }
}

/// Why no more were taken up.
#[derive(Debug)]
pub(super) enum End {
    /// There are no more.
    Done,
    /// As many as wanted were taken up, and there are more.
    Most,
    /// Somebody interrupted it.
    Interrupted,
    /// Going on would not help.
    Failed(anyhow::Error),
}

impl End {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Most => "most",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
        }
    }

    /// The word or, if it failed, why; for the audit.
    pub(super) fn words(&self) -> String {
        self.error().unwrap_or_else(|| self.word().to_owned())
    }

    /// Why it failed, if it did.
    pub(super) fn error(&self) -> Option<String> {
        match self {
            Self::Failed(error) => Some(format!("{error:#}")),
            _ => None,
        }
    }

    /// What follows the count in a sentence.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Done => String::new(),
            Self::Most => "; there are more, which --most left out".to_owned(),
            Self::Interrupted => "; interrupted, the rest stays".to_owned(),
            Self::Failed(error) => format!("; the rest stays, since {error:#}"),
        }
    }
}

/// What became of one letter, in words.
pub(super) enum Outcome {
    /// It was acted on, and counts.
    Done(String),
    /// It was left as it is, which says nothing about those after it.
    Left(String),
}

/// What became of all that were taken up.
pub(super) struct Round {
    pub(super) letters: Vec<Done>,
    /// How many of them count.
    pub(super) count: u64,
    pub(super) end: End,
}

impl Round {
    /// Takes up what is selected. In a dry run nothing is acted on, and each letter's outcome is `would_be`.
    pub(super) async fn run(
        selected: &mut Selected,
        limits: &Limits,
        service: &Service,
        would_be: &str,
        mut act: impl AsyncFnMut(&StoredDeadLetter) -> anyhow::Result<Outcome>,
    ) -> Self {
        let shutdown = service.shutdown();
        let mut pace = Pace::new(limits.per_second);
        let (mut letters, mut count) = (Vec::new(), 0);
        let end = loop {
            let next = match shutdown.run_until_cancelled(selected.next()).await {
                None => break End::Interrupted,
                Some(Err(error)) => break End::Failed(error.into()),
                Some(Ok(None)) => break End::Done,
                Some(Ok(Some(next))) => next,
            };
            if letters.len() >= limits.most as usize {
                break End::Most;
            }
            if limits.dry_run {
                letters.push(Done::new(&next, would_be));
                continue;
            }
            if shutdown.run_until_cancelled(pace.turn()).await.is_none() {
                break End::Interrupted;
            }
            match act(&next).await {
                Ok(Outcome::Done(words)) => {
                    count += 1;
                    letters.push(Done::new(&next, words));
                }
                Ok(Outcome::Left(words)) => letters.push(Done::new(&next, words)),
                Err(error) => {
                    letters.push(Done::new(&next, "failed"));
                    break End::Failed(error);
                }
            }
        };
        Self { letters, count, end }
    }

    /// A line for each letter.
    pub(super) fn lines(&self) -> String {
        self.letters.iter().map(Done::line).collect()
    }

    /// Each letter as a value.
    pub(super) fn values(&self) -> Vec<Value> {
        self.letters.iter().map(Done::value).collect()
    }
}
