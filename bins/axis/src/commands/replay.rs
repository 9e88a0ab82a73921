//! `axis replay`

use std::fmt::Write as _;

use anyhow::bail;
use bus::Bus;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use domain::AccountKey;
use events::{Inbound, subject};
use repair::replay::{Ended, Replay, ReplayError, Wanted};
use serde_json::{Value, json};
use service::Service;
use store::audit;
use tokio::sync::watch;

use crate::answer::table;
use crate::audit::{Act, Operator};
use crate::commands::{accounts::known, prepared};
use crate::progress::Progress;
use crate::{Answer, Place};

/// Which events, and how fast.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Begin with what the stream got at this time, such as `2026-03-01T08:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: DateTime<Utc>,

    /// End before what it got at this time. If unset, with what it has when the replay begins
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<DateTime<Utc>>,

    /// Only events of this Chatwoot account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: Option<String>,

    /// Only events of this name: `message_created`, …
    #[arg(long, value_name = "NAME")]
    event: Option<String>,

    /// Only count the events, by account and name
    #[arg(long)]
    dry_run: bool,

    /// Most events to hand to the workers. If unset, all
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    most: Option<u64>,

    /// Most events to hand to the workers per second
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
    fn wanted(&self, account: Option<AccountKey>) -> Wanted {
        Wanted {
            from: self.from,
            to: self.to,
            account,
            event: self.event.clone(),
            dry_run: self.dry_run,
            most: self.most,
            per_second: self.per_second,
        }
    }
}

/// Hands events to the workers again.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    if arguments.to.is_some_and(|to| to <= arguments.from) {
        bail!("--to is not after --from: nothing is between them");
    }
    let service = Service::start("axis", &arguments.service)?;
    let shutdown = service.shutdown();
    let opening = Box::pin(async {
        let account = match &arguments.account {
            Some(wanted) => Some(known(&place.store().await?, wanted).await?),
            None => None,
        };
        let bus = place.bus().await?;
        if let Some(event) = &arguments.event {
            require_event(&bus, event).await?;
        }
        let wanted = arguments.wanted(account);
        let words = wanted.words();
        Ok((account, words, Replay::start(wanted, &bus).await?))
    });
    let (account, words, mut replay) = prepared(&service, opening).await?;
    let mut progress = Progress::of("events");
    if arguments.dry_run {
        let ended = replay.run(&shutdown, |at| show(&mut progress, at)).await;
        show(&mut progress, &replay);
        progress.ended();
        // Otherwise only the replay itself would say that there is no room for it.
        let lacking = match replay.require_room(replay.count()).await {
            Err(lacking @ ReplayError::Room { .. }) => Some(lacking.to_string()),
            _ => None,
        };
        return answer(&replay, ended, lacking.as_deref());
    }
    let recording = Box::pin(async {
        let store = place.store().await?;
        let act = Act::new("replay", words).on(&store, account).await?;
        Ok((store, act))
    });
    let (store, act) = prepared(&service, recording).await?;
    let (most, per_second) = (arguments.most, arguments.per_second);
    let details = json!({ "endsBy": replay.ends_by(), "most": most, "perSecond": per_second });
    let begun = arguments.operator.clone().begin(store, act, details).await?;
    let run = async |telling: watch::Sender<audit::Progress>| {
        let tell = |at: &Replay| {
            show(&mut progress, at);
            let (done, total, count) = (at.looked(), at.total(), at.count());
            telling.send_replace(audit::Progress { done, total, count });
        };
        replay.run(&shutdown, tell).await
    };
    let ended = begun.follow(run).await;
    show(&mut progress, &replay);
    progress.ended();
    begun.end(replay.count(), &ended.words()).await;
    answer(&replay, ended, None)
}

/// Fails for a name that no event in the stream has: it is mistyped, or all such events are gone.
async fn require_event(bus: &Bus, event: &str) -> anyhow::Result<()> {
    let filter = |token: &str| format!("inbound.*.{token}");
    // In earlier versions an unknown name had a subject of its own.
    let own = filter(&subject::token(event));
    if bus.history_of_headers(subject::INBOUND, own, None).await?.about() > 0 {
        return Ok(());
    }
    if !subject::has_its_own(event) {
        let others = filter(subject::OTHER);
        let mut others = bus.history_of_headers(subject::INBOUND, others, None).await?;
        while let Some(past) = others.next().await? {
            if Inbound::event_of(&past.headers) == Some(event) {
                return Ok(());
            }
        }
    }
    bail!(
        "INBOUND has no event of the name {event}: see which it has with --dry-run and without --event"
    );
}

/// Shows how far it is.
fn show(progress: &mut Progress, replay: &Replay) {
    let remark = if replay.is_measuring() {
        "; counting whether the copies fit".to_owned()
    } else {
        let at = replay.next().to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(", now at {at}; {} {}", replay.count(), verb(replay))
    };
    progress.at(replay.looked(), replay.total(), remark);
}

fn verb(replay: &Replay) -> &'static str {
    if replay.is_dry() { "would be replayed" } else { "replayed" }
}

/// Says what came of it and, after a dry run, whether a replay would begin.
fn answer(replay: &Replay, ended: Ended, lacking: Option<&str>) -> anyhow::Result<Answer> {
    let (complete, word) = (matches!(ended, Ended::Done | Ended::Most), ended.word());
    let next = replay.next().to_rfc3339_opts(SecondsFormat::Nanos, true);
    let to_the_end = matches!(ended, Ended::Done | Ended::Failed(ReplayError::Removed(_)));
    let next = (!to_the_end).then_some(next);
    let mut text = String::new();
    let counts = replay.counts().iter();
    if replay.count() > 0 {
        let row = |((account, event), count): (&(AccountKey, String), &u64)| {
            [account.to_string(), event.clone(), count.to_string()]
        };
        let rows: Vec<_> = counts.clone().map(row).collect();
        text = table(["account", "event", "events"], &rows) + "\n";
    }
    write!(text, "{} {}", replay.count(), verb(replay))?;
    if replay.copies() > 0 {
        write!(text, ", {} copies of earlier replays passed over", replay.copies())?;
    }
    if replay.unreadable() > 0 {
        write!(text, ", {} that cannot be read passed over", replay.unreadable())?;
    }
    text += match &ended {
        Ended::Done => "",
        Ended::Most => "; there are more",
        Ended::Interrupted => "; interrupted",
        Ended::Failed(_) => "; failed",
    };
    let error = match ended {
        Ended::Failed(error) => Some(format!("{:#}", anyhow::Error::from(error))),
        _ => None,
    };
    if let Some(error) = &error {
        write!(text, ", since {error}")?;
    }
    if let Some(lacking) = lacking {
        write!(text, "\nit would not begin, since {lacking}")?;
    }
    if let Some(next) = &next {
        write!(text, "\nto go on: --from {next}")?;
    }
    let by: Vec<Value> = counts
        .map(|((account, event), count)| {
            json!({ "account": account, "event": event, "count": count })
        })
        .collect();
    let value = json!({
        "replayed": replay.count(),
        "dryRun": replay.is_dry(),
        "by": by,
        "copies": replay.copies(),
        "unreadable": replay.unreadable(),
        "ended": word,
        "error": error,
        "lacking": lacking,
        "goOnFrom": next,
    });
    Ok(Answer::new(text, &value)?.succeeding_if(complete))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_a_zone() {
        assert!(time("2026-03-01T08:00:00.5+02:00").is_ok());
        assert!(time("2026-03-01").unwrap_err().contains("zone"));
    }
}
