//! Commands of a database that is an older copy of itself.

use sqlx::PgConnection;

use crate::Error;

/// Counts each command that waits as tried, with an outcome that nobody knows: it may have been carried out after the
/// copy was made. So a reply is looked up before it is sent, and a change that Chatwoot has reported counts as done. What
/// was tried already with such an outcome stays as it is. The others are published at once. Returns how many there are.
pub async fn doubt_all(connection: &mut PgConnection) -> Result<u64, Error> {
    let doubted = sqlx::query!(
        // The look begins at what was known an hour before the command was asked for, by Chatwoot's clock: what is known
        // now may have come after what was sent.
        "with doubted as (
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
           from outbox o
           left join lateral (
             select attempt, outcome from outbound_attempts a
             where a.operation_id = o.operation_id order by attempt desc limit 1
           ) last on true
           where last.attempt is null or last.outcome in ('retry', 'failed')
           returning operation_id
         )
         update outbox set attempts = attempts + 1, spared = spared + 1,
                           due_at = greatest(now(), not_before)
         where operation_id in (select operation_id from doubted)"
    )
    .execute(connection)
    .await?;
    Ok(doubted.rows_affected())
}
