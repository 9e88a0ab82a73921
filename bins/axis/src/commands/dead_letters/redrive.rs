//! `axis dead-letters redrive`

use bus::{DeadLetters, StoredDeadLetter};
use clap::Args;
use serde_json::{Value, json};
use service::Pace;
use service::Service;

use super::selection::{Common, Done, Selected, Selection};
use crate::audit::{Act, Operator};
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

    #[command(flatten)]
    operator: Operator,

    #[command(flatten)]
    service: service::Config,
}

/// How many, how fast, or not at all.
#[derive(Debug, Args)]
#[group(skip)]
struct Limits {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,

    /// Most to send again
    #[arg(
        long,
        default_value_t = 1000,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    most: u32,

    /// Most to send in a second
    #[arg(
        long,
        default_value_t = 50,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    per_second: u32,
}

/// One, some, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The position of one, as listed
    sequence: Option<u64>,

    /// All that were given up for this reason
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,

    /// All of them
    #[arg(long)]
    all: bool,
}

/// Why no more are sent.
enum End {
    /// There are no more.
    Done,
    /// As many as wanted were sent, and there are more.
    Most,
    /// Somebody interrupted it.
    Interrupted,
    /// Going on would not help.
    Failed(anyhow::Error),
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Most => "most",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
        }
    }

    /// For the audit: the word, or why it failed.
    fn words(&self) -> String {
        match self {
            Self::Failed(error) => format!("{error:#}"),
            end => end.word().to_owned(),
        }
    }
}

/// Sends dead letters to the workers again.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { which, common, limits, operator, service } = arguments;
    let service = Service::start("axis", &service)?;
    let common = common.shared(place).await?;
    let selection = Selection { sequence: which.sequence, reason: which.reason, common };
    let (what, account) = (selection.words(), selection.common.account);
    let letters = place.bus().await?.dead_letters();
    let mut selected = selection.open(&letters).await?;
    let begun = if limits.dry_run {
        None
    } else {
        let store = place.store().await?;
        let act = Act::new("dead-letters redrive", what).on(&store, account).await?;
        let details = json!({ "most": limits.most, "perSecond": limits.per_second });
        Some(operator.begin(store, act, details).await?)
    };
    let mut done = Vec::new();
    let (sent, end) = redrive(&letters, &mut selected, &limits, &service, &mut done).await;
    if let Some(begun) = begun {
        begun.end(sent, &end.words()).await;
    }
    answer(&done, sent, &end, limits.dry_run)
}

async fn redrive(
    letters: &DeadLetters,
    selected: &mut Selected,
    limits: &Limits,
    service: &Service,
    done: &mut Vec<Done>,
) -> (u64, End) {
    let shutdown = service.shutdown();
    let mut pace = Pace::new(limits.per_second);
    let mut sent = 0;
    loop {
        let next = match shutdown.run_until_cancelled(selected.next()).await {
            None => return (sent, End::Interrupted),
            Some(Err(error)) => return (sent, End::Failed(error.into())),
            Some(Ok(None)) => return (sent, End::Done),
            Some(Ok(Some(next))) => next,
        };
        if done.len() >= limits.most as usize {
            return (sent, End::Most);
        }
        if limits.dry_run {
            done.push(Done::new(&next, "would be sent again"));
            continue;
        }
        if shutdown.run_until_cancelled(pace.turn()).await.is_none() {
            return (sent, End::Interrupted);
        }
        match send(letters, &next).await {
            Ok(outcome) => {
                sent += 1;
                done.push(Done::new(&next, outcome));
            }
            // This one will never be taken, which says nothing about those after it.
            Err(bus::RedriveError::Publish(error)) if error.is_permanent() => {
                done.push(Done::new(&next, format!("stays: {error}")));
            }
            Err(error) => {
                done.push(Done::new(&next, "failed"));
                return (sent, End::Failed(error.into()));
            }
        }
    }
}

async fn send(
    letters: &DeadLetters,
    letter: &StoredDeadLetter,
) -> Result<String, bus::RedriveError> {
    let redriven = letters.redrive(letter).await?;
    let (stream, sequence) = (&letter.letter.stream, redriven.sequence);
    let mut outcome = format!("sent again, now {sequence} of {stream}");
    if redriven.duplicate {
        outcome = format!("had been sent already, as {sequence} of {stream}");
    }
    if !redriven.removed {
        outcome += "; somebody else has removed it";
    }
    Ok(outcome)
}

fn answer(done: &[Done], sent: u64, end: &End, dry_run: bool) -> anyhow::Result<Answer> {
    let mut text: String = done.iter().map(Done::line).collect();
    let stay = done.len() as u64 - sent;
    let why = match end {
        End::Done => String::new(),
        End::Most => "; there are more, which --most left out".to_owned(),
        End::Interrupted => "; interrupted, the rest stays".to_owned(),
        End::Failed(error) => format!("; the rest stays, since {error:#}"),
    };
    let summary = if dry_run {
        format!("{} would be sent again{why}", done.len())
    } else if stay > 0 {
        format!("{sent} sent again, {stay} could not be{why}")
    } else {
        format!("{sent} sent again{why}")
    };
    text.push_str(&summary);
    let error = match end {
        End::Failed(error) => Some(format!("{error:#}")),
        _ => None,
    };
    let value = json!({
        "deadLetters": done.iter().map(Done::value).collect::<Vec<Value>>(),
        "sent": sent,
        "dryRun": dry_run,
        "ended": end.word(),
        "error": error,
    });
    let complete = matches!(end, End::Done | End::Most) && (dry_run || stay == 0);
    Ok(Answer::new(text, &value)?.succeeding_if(complete))
}
