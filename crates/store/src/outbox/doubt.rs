//! Commands of a database that is an older copy of itself.

use sqlx::PgConnection;

use crate::Error;

/// Counts each command that waits as tried, with an outcome that nobody knows: it may have been carried out after the
/// copy was made. So a reply is looked up before it is sent, and a change that Chatwoot has reported counts as done. A
/// last try that had such an outcome already may have been followed by others that the copy lacks: it counts as if it
/// had ended only now, and is looked for anew. All are published at once. Returns how many there are.
pub async fn doubt_all(connection: &mut PgConnection) -> Result<u64, Error> {
    let doubted = sqlx::query!(
        // The look begins at what was known an hour before the command was asked for, by Chatwoot's clock: what is known
        // now may have come after what was sent.
        "with last as (
           select o.operation_id, a.attempt, a.outcome
           from outbox o
           left join lateral (
             select attempt, outcome from outbound_attempts
             where operation_id = o.operation_id order by attempt desc limit 1
           ) a on true
         ), doubted as (
           insert into outbound_attempts
             (operation_id, attempt, tenant_id, account_id, conversation_id, highest_message_id,
              started_at, finished_at, outcome, detail)
           select o.operation_id, coalesce(last.attempt, 0) + 1, o.tenant_id, o.account_id,
                  o.conversation_id,
                  coalesce((select max(m.chatwoot_id) from messages m
                            where m.conversation_id = o.conversation_id
                              and m.created_at < o.created_at - interval '1 hour'), 0),
                  o.created_at, clock_timestamp(), 'unknown',
                  'the database was restored, and it may have been carried out since'
           from outbox o join last using (operation_id)
           where last.attempt is null or last.outcome in ('retry', 'failed')
           returning operation_id, 1 as tries
         ), prolonged as (
           update outbound_attempts a
           set outcome = 'unknown', finished_at = greatest(finished_at, clock_timestamp())
           from last
           where a.operation_id = last.operation_id and a.attempt = last.attempt
             and last.outcome in ('unknown', 'absent')
           returning a.operation_id, 0 as tries
         )
         update outbox o set attempts = attempts + tries, spared = spared + tries,
                             due_at = greatest(now(), not_before)
         from (select * from doubted union all select * from prolonged) d
         where o.operation_id = d.operation_id"
    )
    .execute(connection)
    .await?;
    Ok(doubted.rows_affected())
}
