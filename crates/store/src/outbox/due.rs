//! What is due: the rows that the relay publishes, and when it does so again.

use std::time::Duration;

use domain::{AccountKey, ConversationId, OperationId};
use events::{TraceParent, WakeUp};
use sqlx::PgConnection;

use super::{trace, wait_of};
use crate::{Error, rows};

/// How long after it was published a row that is not its conversation's first one is published again, at the latest.
const LONGEST_BEHIND: Duration = Duration::from_mins(10);

/// Takes at most `limit` rows that are due and that no other relay has locked, longest due first. Accounts take turns,
/// and none gets more than `share`. These rows, and no others, stay locked until the transaction ends.
pub async fn take_due(
    connection: &mut PgConnection,
    limit: i64,
    share: i64,
) -> Result<Vec<(WakeUp, TraceParent)>, Error> {
    // Whatever the planner knows of the table, there is one index that has the rows in this order.
    sqlx::query!(
        "select set_config('enable_sort', 'off', true) as sort, set_config('jit', 'off', true) as jit"
    )
    .fetch_one(&mut *connection)
    .await?;
    let due = sqlx::query!(
        r#"with recursive waiting (account_id) as (
             -- From account to account along the index, however many rows each has.
             (select account_id from outbox order by account_id limit 1)
             union all
             select (select o.account_id from outbox o where o.account_id > w.account_id
                     order by o.account_id limit 1)
             from waiting w where w.account_id is not null
           ), turns (turn, account_id, due_at, sequence, due) as (
             -- Every account's first row, then every account's second one, locked one by one: whoever has taken
             -- enough of them asks for no more.
             (select 0::bigint, first.account_id, '-infinity'::timestamptz, 0::bigint, null::outbox
              from waiting cross join lateral (
                select o.account_id, o.due_at, o.sequence from outbox o
                where (o.account_id, o.due_at) >= (waiting.account_id, '-infinity')
                  and (o.account_id, o.due_at) <= (waiting.account_id, now())
                order by o.account_id, o.due_at, o.sequence limit 1
              ) first
              order by first.due_at, first.sequence)
             union all
             select t.turn + 1, next.account_id, next.due_at, next.sequence, next.due
             from turns t cross join lateral (
               select o.account_id, o.due_at, o.sequence, o as due from outbox o
               where (o.account_id, o.due_at, o.sequence) > (t.account_id, t.due_at, t.sequence)
                 and (o.account_id, o.due_at) <= (t.account_id, now())
               order by o.account_id, o.due_at, o.sequence limit 1
               for update skip locked
             ) next
             where t.turn < $2
           ), taken as (
             select * from turns where turn > 0 limit $1
           )
           select (due).operation_id as "operation_id!", (due).tenant_id as "tenant_id!",
                  account_id as "account_id!", (due).conversation_id as "conversation_id!",
                  (due).command as "command!", (due).traceparent as "traceparent!",
                  sequence as "sequence!", (due).publications as "publications!"
           from taken
           order by turn, due_at, sequence"#,
        limit,
        share
    )
    .fetch_all(connection)
    .await?;
    due.into_iter()
        .map(|row| {
            let wake_up = WakeUp {
                operation: OperationId(row.operation_id),
                tenant: rows::tenant("outbox", row.tenant_id)?,
                account: AccountKey(row.account_id),
                conversation: ConversationId(row.conversation_id),
                command: row.command,
                sequence: row.sequence,
                publication: row.publications,
            };
            Ok((wake_up, trace(&row.traceparent)))
        })
        .collect()
}

/// Notes that rows were published; those that are not settled within `again` are published again. What is not its
/// conversation's first command is published ever more seldom, since the first one's wake-up does for all behind it: it
/// waits twice as long each time, up to ten minutes. Whoever removes the first one has the next one published
/// within a minute, by a trigger (`axis_outbox_goes_on`).
pub async fn published(
    connection: &mut PgConnection,
    operations: &[OperationId],
    again: Duration,
) -> Result<(), Error> {
    let ids = column!(operations, |operation| operation.0);
    sqlx::query!(
        // A first one that somebody is removing counts as gone. One that is locked here is removed after this, by
        // somebody who sees when the next one is due.
        "with behind as (
           select o.operation_id
           from outbox o cross join lateral (
             select from outbox head
             where head.operation_id <> o.operation_id and head.operation_id = (
               select first.operation_id from outbox first
               where first.conversation_id = o.conversation_id
               order by first.sequence limit 1
             )
             for key share skip locked
           ) head
           where o.operation_id = any($1)
         )
         update outbox o
         set due_at = now() + make_interval(secs => case
               when b.operation_id is null then $2
               else greatest($2, least($2 * 2 ^ least(o.publications, 20), $3))
             end),
             publications = publications + 1
         from unnest($1) published (operation_id) left join behind b using (operation_id)
         where o.operation_id = published.operation_id",
        &ids,
        again.as_secs_f64(),
        LONGEST_BEHIND.as_secs_f64()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Has the first row of each of these conversations published again within `wait`, unless it has to wait anyway.
/// Returns the conversations whose row somebody has locked: it is being published or settled, or its holder has just
/// failed, so the caller has to ask again.
pub async fn again(
    connection: &mut PgConnection,
    conversations: &[ConversationId],
    wait: Duration,
) -> Result<Vec<ConversationId>, Error> {
    let ids = column!(conversations, |conversation| conversation.0);
    let locked = sqlx::query_scalar!(
        r#"with free as (
             select first.operation_id, first.conversation_id
             from unnest($1::uuid[]) as returned (conversation_id) cross join lateral (
               select o.operation_id, o.conversation_id from outbox o
               -- Chosen before it is locked: else the second row would stand for a first one that is locked.
               where o.operation_id = (
                 select head.operation_id from outbox head
                 where head.conversation_id = returned.conversation_id
                 order by head.sequence limit 1
               )
               for no key update skip locked
             ) first
           ), hastened as (
             update outbox set due_at = least(due_at, now() + make_interval(secs => $2))
             where operation_id in (select operation_id from free)
               and (not_before is null or not_before <= now())
           )
           select distinct o.conversation_id as "conversation_id!" from outbox o
           where o.conversation_id = any($1)
             and o.conversation_id not in (select conversation_id from free)"#,
        &ids,
        wait.as_secs_f64()
    )
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().map(ConversationId).collect())
}

/// How long until the next row is due. Returns `None` if there are no rows.
pub async fn next_due(connection: &mut PgConnection) -> Result<Option<Duration>, Error> {
    let wait = sqlx::query_scalar!(
        "select extract(epoch from due_at - clock_timestamp())::float8 from outbox
         order by due_at limit 1"
    )
    .fetch_optional(connection)
    .await?;
    Ok(wait.flatten().map(wait_of))
}
