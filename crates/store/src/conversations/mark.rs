//! What the team has seen, by the word of somebody here.
//!
//! A message may come late: after a mark, though it was written before. It was not there to be seen, so a mark goes up to
//! the newest message that was: all written in an earlier second counts as seen, and of the same second, in which Chatwoot
//! may have told of messages without saying more, those with numbers up to that one's.

use chrono::{DateTime, Utc};
use domain::{Conversation, ConversationId};
use sqlx::PgConnection;

use super::by_ids;
use crate::Error;

/// What somebody says of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// What the customer wrote is seen, up to the message with this number in Chatwoot, the newest there is.
    Read(i64),
    /// The customer's newest message is not seen.
    Unread,
}

/// Marks a conversation that is locked ([`super::hold`]). The later of this and of what Chatwoot tells counts. Returns
/// the conversation if that changed anything.
pub async fn mark(
    connection: &mut PgConnection,
    conversation: ConversationId,
    mark: Mark,
) -> Result<Option<Conversation>, Error> {
    let up_to = match mark {
        Mark::Read(up_to) => Some(up_to),
        Mark::Unread => None,
    };
    let Some(before) = by_ids(connection, &[conversation]).await?.pop() else { return Ok(None) };
    if (before.unread_count == 0) == up_to.is_some() {
        return Ok(None);
    }
    sqlx::query!(
        "update conversations c
         set marked_at = clock_timestamp(),
             marked_seen_until = (
               select case when $2::bigint is null then max(m.created_at) - interval '1 microsecond'
                 else date_trunc('second', max(m.created_at)) + interval '999999 microseconds' end
               from messages m
               where m.conversation_id = c.id and m.message_type = 'incoming'),
             marked_up_to = $2,
             updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
         where c.id = $1",
        conversation.0,
        up_to
    )
    .execute(&mut *connection)
    .await?;
    Ok(by_ids(connection, &[conversation]).await?.pop())
}

/// Notes when Chatwoot, told that a conversation was marked as read, says that an agent looked at it: that was nobody
/// who saw more than was there to be seen here.
pub async fn mark_told(
    connection: &mut PgConnection,
    conversation: ConversationId,
    seen_at: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query!(
        "update conversations c
         set marked_there_at = $2,
             -- Somebody may have been told already that more was seen.
             updated_at = case when c.agent_last_seen_at = $2 and c.marked_at <= $2
               then greatest(clock_timestamp(), c.updated_at + interval '1 microsecond')
               else c.updated_at end
         where c.id = $1 and c.marked_there_at is distinct from $2",
        conversation.0,
        seen_at
    )
    .execute(connection)
    .await?;
    Ok(())
}
