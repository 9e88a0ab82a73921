//! `/operations/replay` and `/operations/replays`

pub(in crate::routes) mod create;
pub(in crate::routes) mod get;
pub(in crate::routes) mod list;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountKey, AuditId};
use serde::Serialize;
use store::audit::{Progress, Undertaking};

/// The action's name in the audit.
const ACTION: &str = "replay";

/// How long a replay counts as running if it does not say when it should have ended.
const LONGEST: TimeDelta = TimeDelta::days(1);

/// A replay as the audit has it, including those of operators with `axis`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Replay {
    /// Id of the audit's entry for its beginning.
    id: AuditId,
    /// When it began.
    started_at: DateTime<Utc>,
    /// When it ended; null if it has not, as far as is known.
    ended_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    #[schema(example = "member dev-admin")]
    by: String,
    /// The Chatwoot account whose events it is about; null for all of them.
    account_id: Option<AccountKey>,
    /// Which events, in words.
    target: String,
    state: ReplayState,
    /// How many events were handed to the workers, so far or in all; null if that is not known.
    count: Option<i64>,
    /// How far it has come; null if it has ended, or nothing is known yet. It changes once a second.
    progress: Option<ReplayProgress>,
    /// Why it failed; null if it did not.
    #[schema(example = "2 events were removed from INBOUND before the replay came to them")]
    reason: Option<String>,
}

/// How far a replay has come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReplayProgress {
    /// How many events it has looked at.
    done: u64,
    /// How many there are to look at, at most. Those that are not to be replayed, such as copies of earlier replays, are
    /// among them.
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReplayState {
    /// It is running, as far as is known.
    Running,
    /// It came to its end.
    Done,
    /// As many events as wanted were handed out, and there are more.
    Most,
    /// The program was stopped.
    Interrupted,
    /// NATS failed for too long, had no room for the copies, or had lost some of the events.
    Failed,
    /// It should have ended but has not said how: the program that ran it is gone.
    Lost,
}

impl From<Undertaking> for Replay {
    fn from(undertaking: Undertaking) -> Self {
        let Undertaking { begun, ended_at, count, ended, progress } = undertaking;
        let ends_by = begun.details["endsBy"].as_str();
        let ends_by = ends_by.and_then(|time| time.parse::<DateTime<Utc>>().ok());
        let ends_by = ends_by.unwrap_or(begun.at + LONGEST);
        let state = match ended.as_deref() {
            Some("done") => ReplayState::Done,
            Some("most") => ReplayState::Most,
            Some("interrupted") => ReplayState::Interrupted,
            Some(_) => ReplayState::Failed,
            None if ends_by < Utc::now() => ReplayState::Lost,
            None => ReplayState::Running,
        };
        let so_far = progress.and_then(|progress| i64::try_from(progress.count).ok());
        Self {
            id: begun.id,
            started_at: begun.at,
            ended_at,
            by: begun.actor,
            account_id: begun.account,
            target: begun.target,
            state,
            count: count.or(so_far),
            progress: progress.map(|Progress { done, total, .. }| ReplayProgress { done, total }),
            reason: ended.filter(|_| state == ReplayState::Failed),
        }
    }
}
