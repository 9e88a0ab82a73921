//! `/operations/replay` and `/operations/replays`

pub(in crate::routes) mod create;
pub(in crate::routes) mod get;
pub(in crate::routes) mod list;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountKey, AuditId};
use serde::Serialize;
use store::audit::Undertaking;

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
    /// How many events were handed to the workers; null until it has ended.
    count: Option<i64>,
    /// Why it failed; null if it did not.
    #[schema(example = "2 events were removed from INBOUND before the replay came to them")]
    reason: Option<String>,
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
        let Undertaking { begun, ended_at, count, ended } = undertaking;
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
        Self {
            id: begun.id,
            started_at: begun.at,
            ended_at,
            by: begun.actor,
            account_id: begun.account,
            target: begun.target,
            state,
            count,
            reason: ended.filter(|_| state == ReplayState::Failed),
        }
    }
}
