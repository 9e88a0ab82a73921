//! `axis dead-letters redrive`

use bus::{DeadLetters, StoredDeadLetter};
use clap::Args;
use serde_json::json;
use service::Service;

use super::round::{End, Limits, Outcome, Round};
use super::selection::{Common, Selection};
use crate::audit::Operator;
use crate::commands::prepared;
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

/// One, some, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Position of one, as listed
    sequence: Option<u64>,

    /// All that were given up for this reason
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,

    /// All of them
    #[arg(long)]
    all: bool,
}

/// Sends dead letters to the workers again.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { which, common, limits, operator, service } = arguments;
    let service = Service::start("axis", &service)?;
    let which = (which.sequence, which.reason);
    let opening = Selection::prepare(place, "dead-letters redrive", which, common, limits.dry_run);
    let (letters, mut selected, recorded) = prepared(&service, Box::pin(opening)).await?;
    let begun = match recorded {
        Some((store, act)) => Some(operator.begin(store, act, limits.details()).await?),
        None => None,
    };
    let act = async |letter: &StoredDeadLetter| redrive(&letters, letter).await;
    let round = Round::run(&mut selected, &limits, &service, "would be sent again", act).await;
    if let Some(begun) = begun {
        begun.end(round.count, &round.end.words()).await;
    }
    answer(&round, limits.dry_run)
}

async fn redrive(letters: &DeadLetters, letter: &StoredDeadLetter) -> anyhow::Result<Outcome> {
    let redriven = match letters.redrive(letter).await {
        // This one will never be taken, whatever becomes of the others.
        Err(bus::RedriveError::Publish(error)) if error.is_permanent() => {
            return Ok(Outcome::Left(format!("stays: {error}")));
        }
        redriven => redriven?,
    };
    let (stream, sequence) = (&letter.letter.stream, redriven.sequence);
    let mut outcome = format!("sent again, now {sequence} of {stream}");
    if redriven.duplicate {
        outcome = format!("had been sent already, as {sequence} of {stream}");
    }
    if !redriven.removed {
        outcome += "; somebody else has removed it";
    }
    Ok(Outcome::Done(outcome))
}

fn answer(round: &Round, dry_run: bool) -> anyhow::Result<Answer> {
    let (sent, why) = (round.count, round.end.why());
    let stay = round.letters.len() as u64 - sent;
    let summary = if dry_run {
        format!("{} would be sent again{why}", round.letters.len())
    } else if stay > 0 {
        format!("{sent} sent again, {stay} could not be{why}")
    } else {
        format!("{sent} sent again{why}")
    };
    let value = json!({
        "deadLetters": round.values(),
        "sent": sent,
        "dryRun": dry_run,
        "ended": round.end.word(),
        "error": round.end.error(),
    });
    let complete = matches!(round.end, End::Done | End::Most) && (dry_run || stay == 0);
    Ok(Answer::new(round.lines() + &summary, &value)?.succeeding_if(complete))
}
