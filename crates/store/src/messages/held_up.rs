//! Messages that wait only because the first command of their conversation was put off.

use chrono::{TimeDelta, Utc};
use domain::{DeliveryState, Message, MessageId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::by_ids;
use crate::Error;

/// Makes those of the messages that are due but held up show why, and until when the first command waits. They count as
/// changed since that command was put off.
pub(super) async fn explain(
    connection: &mut PgConnection,
    messages: &mut [Message],
) -> Result<(), Error> {
    let now = Utc::now();
    let due = |message: &Message| {
        message.state == Some(DeliveryState::Queued)
            && message.next_attempt_at.is_none_or(|at| at <= now)
    };
    let places = messages.iter().filter(|message| due(message));
    let mut places: Vec<Uuid> = places.map(|message| message.conversation_id.0).collect();
    places.sort_unstable();
    places.dedup();
    if places.is_empty() {
        return Ok(());
    }
    let heads = sqlx::query!(
        r#"select head.conversation_id as "conversation_id!", head.operation_id as "operation_id!",
                  head.payload ->> 'messageId' as about, head.wait_reason as "reason!",
                  head.waits_since as "since!", head.not_before as "until!"
           from unnest($1::uuid[]) as place (id) cross join lateral (
             select o.conversation_id, o.operation_id, o.payload, o.wait_reason, o.waits_since,
                    o.not_before
             from outbox o where o.conversation_id = place.id order by o.sequence limit 1
           ) head
           where head.not_before > clock_timestamp() and head.wait_reason is not null
             and head.waits_since is not null"#,
        &places
    )
    .fetch_all(connection)
    .await?;
    for message in messages.iter_mut().filter(|message| due(message)) {
        let head = heads.iter().find(|head| head.conversation_id == message.conversation_id.0);
        let Some(head) = head else { continue };
        // A message's own waits are in its row.
        let own = message.id.0.to_string();
        if head.operation_id == message.id.0 || head.about.as_ref() == Some(&own) {
            continue;
        }
        message.state = Some(DeliveryState::Retrying);
        message.state_reason = Some(format!("what comes before it waits: {}", head.reason));
        message.next_attempt_at = Some(head.until);
        // Newer than what the row alone showed.
        let shown_before = message.updated_at + TimeDelta::microseconds(1);
        message.updated_at = shown_before.max(head.since);
    }
    Ok(())
}

/// The message, if it is held up; `None` if it is not, or does not exist.
pub async fn held_up(
    connection: &mut PgConnection,
    message: MessageId,
) -> Result<Option<Message>, Error> {
    let found = by_ids(connection, &[message]).await?.pop();
    Ok(found.filter(|message| message.state == Some(DeliveryState::Retrying)))
}
