//! Every try at a command, written before the try so that a crash leaves a trace.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{ConversationId, OperationId};
use sqlx::PgConnection;

use crate::Error;
use crate::outbox::Entry;

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Chatwoot has it.
    Done,
    /// It did not happen; it may be tried again.
    Retry,
    /// It may have happened, or may yet happen.
    Unknown,
    /// Unknown, but it was looked for in Chatwoot once and was not there.
    Absent,
    /// It did not happen and will not.
    Failed,
}

impl AttemptOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "retry",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        [Self::Done, Self::Retry, Self::Unknown, Self::Absent, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
            .ok_or(Error::Unreadable { table: "outbound_attempts", column: "outcome" })
    }
}

/// The newest try at a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: i32,
    /// `None` while it is under way, or if its program died.
    pub outcome: Option<AttemptOutcome>,
    /// How long ago it ended; zero if it has no end, or ends in the future.
    pub ended_ago: Duration,
    /// Where to start looking: whatever came of a try that may have happened has a greater message number than this.
    pub look_after: i64,
}

/// The newest try at a command.
pub async fn last(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<Option<Attempt>, Error> {
    let row = sqlx::query!(
        // A try that certainly failed left nothing in Chatwoot, so the look begins where the first one did
        // that may have. If every try failed so, it makes no difference.
        r#"select attempt, outcome,
                  extract(epoch from clock_timestamp() - finished_at)::float8 as ended_ago,
                  coalesce(min(highest_message_id) filter (where open) over (), highest_message_id)
                    as "look_after!"
           from outbound_attempts,
                lateral (select coalesce(outcome not in ('retry', 'failed'), true) as open) o
           where operation_id = $1
           order by attempt desc limit 1"#,
        operation.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Attempt {
            number: row.attempt,
            outcome: row.outcome.as_deref().map(AttemptOutcome::from_name).transpose()?,
            ended_ago: Duration::try_from_secs_f64(row.ended_ago.unwrap_or(0.0).max(0.0))
                .unwrap_or(Duration::MAX),
            look_after: row.look_after,
        })
    })
    .transpose()
}

/// Begins the try that follows number `last` (0 before the first), and returns its number. Returns `None` if somebody
/// else has begun one since who also holds the conversation's lock, which two database servers may grant. A try is
/// counted in the outbox first, so the second worker has waited there and sees the first one's try.
pub async fn begin(
    connection: &mut PgConnection,
    entry: &Entry,
    last: i32,
    highest_message_id: i64,
) -> Result<Option<i32>, Error> {
    let number = sqlx::query_scalar!(
        "insert into outbound_attempts
           (operation_id, attempt, tenant_id, account_id, conversation_id, highest_message_id,
            started_at)
         select $1, $6 + 1, $2, $3, $4, $5, clock_timestamp()
         from outbound_attempts where operation_id = $1
         having coalesce(max(attempt), 0) = $6
         returning attempt",
        entry.operation.0,
        entry.tenant.as_str(),
        entry.account.0,
        entry.conversation.0,
        highest_message_id,
        last
    )
    .fetch_optional(connection)
    .await?;
    Ok(number)
}

/// How long ago a try began, by the database's clock, if it has not ended. Returns `None` if somebody else has ended it.
pub async fn under_way(
    connection: &mut PgConnection,
    operation: OperationId,
    number: i32,
) -> Result<Option<Duration>, Error> {
    let ago = sqlx::query_scalar!(
        r#"select extract(epoch from clock_timestamp() - started_at)::float8 as "ago!"
           from outbound_attempts
           where operation_id = $1 and attempt = $2 and outcome is null"#,
        operation.0,
        number
    )
    .fetch_optional(connection)
    .await?;
    Ok(ago.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)))
}

/// Ends a try whose program is gone, with an unknown outcome. A request that is still on its way ends within `longest`
/// of the start, since whoever makes it counts from there too ([`under_way`]); so the try counts as ended no earlier than
/// that. Returns false if it has ended after all.
pub async fn abandon(
    connection: &mut PgConnection,
    operation: OperationId,
    number: i32,
    longest: Duration,
) -> Result<bool, Error> {
    let abandoned = sqlx::query!(
        "update outbound_attempts
         set outcome = 'unknown', detail = 'the program ended before the answer came',
             finished_at = greatest(now(), started_at + make_interval(secs => $3))
         where operation_id = $1 and attempt = $2 and outcome is null",
        operation.0,
        number,
        longest.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(abandoned.rows_affected() > 0)
}

/// Whether Chatwoot may have the command's effect, or may yet get it: a try may have happened, and nobody has seen
/// since that it did not. A try that was looked for in vain is followed by another only once it is certain that it did
/// not happen.
pub async fn may_be_there(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<bool, Error> {
    let open = sqlx::query_scalar!(
        r#"select exists (
             select from outbound_attempts a
             where a.operation_id = $1 and a.outcome is distinct from 'retry'
               and a.outcome is distinct from 'failed'
               and not (a.outcome is not distinct from 'absent' and exists (
                 select from outbound_attempts later
                 where later.operation_id = $1 and later.attempt > a.attempt))
           ) as "open!""#,
        operation.0
    )
    .fetch_one(connection)
    .await?;
    Ok(open)
}

/// Notes the Chatwoot user whose token is used for a try that has just begun.
pub async fn made_as(
    connection: &mut PgConnection,
    operation: OperationId,
    number: i32,
    user: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "update outbound_attempts set chatwoot_user_id = $3
         where operation_id = $1 and attempt = $2",
        operation.0,
        number,
        user
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A try that may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The Chatwoot user whose token was used; `None` if it was the account's token and nobody knew whose that is.
    pub user: Option<i64>,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended, or began if it has no end.
    pub ended_at: DateTime<Utc>,
}

/// All tries at a command that may have happened, in order.
pub async fn open(
    connection: &mut PgConnection,
    operation: OperationId,
) -> Result<Vec<Open>, Error> {
    let tries = sqlx::query_as!(
        Open,
        r#"select chatwoot_user_id as "user", started_at as began_at,
                  coalesce(finished_at, started_at) as "ended_at!"
           from outbound_attempts
           where operation_id = $1 and coalesce(outcome not in ('retry', 'failed'), true)
           order by attempt"#,
        operation.0
    )
    .fetch_all(connection)
    .await?;
    Ok(tries)
}

/// Whether the previous try ended with the same cause and was then looked for in vain.
pub async fn is_repeated(
    connection: &mut PgConnection,
    operation: OperationId,
    number: i32,
    detail: &str,
) -> Result<bool, Error> {
    let repeated = sqlx::query_scalar!(
        r#"select exists (
             select from outbound_attempts
             where operation_id = $1 and attempt = $2 - 1 and outcome = 'absent' and detail = $3
           ) as "repeated!""#,
        operation.0,
        number,
        detail
    )
    .fetch_one(connection)
    .await?;
    Ok(repeated)
}

/// Ends a try. One that somebody else has ended meanwhile as unknown or absent can still become done or absent;
/// otherwise nothing changes, and false is returned. The first known cause stays, and the first end, except that a try
/// that is done has not ended in the future, as one whose program is gone may have been said to.
pub async fn finish(
    connection: &mut PgConnection,
    operation: OperationId,
    number: i32,
    outcome: AttemptOutcome,
    detail: Option<&str>,
) -> Result<bool, Error> {
    let ended = sqlx::query!(
        "update outbound_attempts
         set outcome = $3, detail = coalesce(detail, $4),
             finished_at = case when $3 = 'done' then least(finished_at, now())
                                else coalesce(finished_at, now()) end
         where operation_id = $1 and attempt = $2
           and (outcome is null or (outcome in ('unknown', 'absent') and $3 in ('done', 'absent')))",
        operation.0,
        number,
        outcome.as_str(),
        detail
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// How long ago a message with files for the customer was last sent in this conversation. Looks only at messages
/// written since a day before `asked_at`: both may have waited for days since then.
pub async fn files_sent_ago(
    connection: &mut PgConnection,
    conversation: ConversationId,
    asked_at: DateTime<Utc>,
) -> Result<Option<Duration>, Error> {
    let ago = sqlx::query_scalar!(
        "select extract(epoch from clock_timestamp() - max(a.finished_at))::float8
         from messages m
         join outbound_attempts a on a.operation_id = m.id
         where m.conversation_id = $1 and m.created_at > $2::timestamptz - interval '1 day'
           and m.uploads <> '[]' and not m.private and a.outcome = 'done'",
        conversation.0,
        asked_at
    )
    .fetch_one(connection)
    .await?;
    Ok(ago.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()))
}

/// How long Chatwoot may yet be making an earlier change of the conversation: for `absence` after a try that may have
/// happened, whatever a later try at the same command came to. A try whose program is gone ended within `longest`.
/// Returns `None` if there is no such change.
pub async fn may_come_late(
    connection: &mut PgConnection,
    entry: &Entry,
    absence: Duration,
    longest: Duration,
) -> Result<Option<Duration>, Error> {
    let left = sqlx::query_scalar!(
        // By tenant, since tries are listed by that, and only those of the last moments. What became of replies is
        // known before anything follows them.
        "select extract(epoch from
                  max(coalesce(a.finished_at, a.started_at + make_interval(secs => $5)))
                  + make_interval(secs => $4) - clock_timestamp())::float8
         from outbound_attempts a
         where a.tenant_id = $1 and a.started_at > now() - make_interval(secs => $4 + $5)
           and a.conversation_id = $2 and a.operation_id <> $3
           and (a.outcome is null or a.outcome = 'unknown')
           and not exists (select from messages m where m.id = a.operation_id)",
        entry.tenant.as_str(),
        entry.conversation.0,
        entry.operation.0,
        absence.as_secs_f64(),
        longest.as_secs_f64()
    )
    .fetch_one(connection)
    .await?;
    let left = left.filter(|left| *left > 0.0);
    Ok(left.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

/// Deletes at most `limit` tries older than `age` whose commands are settled, except those of messages that Chatwoot is
/// not known to have, since these may be sent once more. Returns how many.
pub async fn forget(
    connection: &mut PgConnection,
    age: Duration,
    limit: i64,
) -> Result<u64, Error> {
    let forgotten = sqlx::query!(
        "delete from outbound_attempts where (operation_id, attempt) in (
           select a.operation_id, a.attempt from outbound_attempts a
           where a.started_at < now() - make_interval(secs => $1)
             and not exists (select from outbox o where o.operation_id = a.operation_id)
             and not exists (select from messages m
                             where m.id = a.operation_id and m.chatwoot_id is null)
           order by a.started_at limit $2)",
        age.as_secs_f64(),
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}
