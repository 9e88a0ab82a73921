//! Deleting a message in Chatwoot.

use std::time::Duration;

use domain::command::DeleteMessage;
use domain::{Activity, Command, ConversationId, Message, MessageId, OperationId};
use serde_json::json;
use sqlx::PgConnection;

use super::{Intervened, Intervention, by_ids};
use crate::conversations::{hold, touch};
use crate::outbox::{Enqueue, enqueue};
use crate::{Error, activities};

/// Asks Chatwoot to delete a message that it has; from now on it is shown as deleted. Returns the message, and its line
/// of the timeline unless it was deleted already.
pub async fn remove(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
) -> Result<Intervened<(Message, Option<Activity>)>, Error> {
    let Intervention { tenant, conversation, message: id, .. } = *wanted;
    let Some(held) = hold(connection, tenant, conversation).await? else {
        return Ok(Intervened::NoMessage);
    };
    let found = by_ids(connection, &[id]).await?.pop();
    let Some(message) = found.filter(|message| message.conversation_id == conversation) else {
        return Ok(Intervened::NoMessage);
    };
    if message.deleted {
        return Ok(Intervened::Done((message, None)));
    }
    if message.chatwoot_id.is_none() {
        return Ok(Intervened::WrongState(message.state));
    }
    let operation = OperationId::generate();
    let command = Enqueue {
        operation,
        tenant,
        account: held.account,
        conversation,
        command: &Command::DeleteMessage(DeleteMessage { message_id: id }),
        trace: wanted.trace,
        due_in: Duration::ZERO,
    };
    enqueue(connection, &command).await?;
    let at = sqlx::query_scalar!(
        r#"update messages m
           set delete_operation = $2,
               updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
           where id = $1 returning updated_at as "at!""#,
        id.0,
        operation.0
    )
    .fetch_one(&mut *connection)
    .await?;
    touch(connection, conversation).await?;
    let (kind, account) = ("message_delete_queued", Some(held.account));
    let data = json!({ "operationId": operation, "messageId": id, "private": message.private });
    let activity = Activity::done_here(kind, account, conversation, wanted.actor, at, data);
    activities::write(connection, tenant, &activity).await?;
    let shown = by_ids(connection, &[id]).await?.pop().unwrap_or(message);
    Ok(Intervened::Done((shown, Some(activity))))
}

/// Shows a message again that Chatwoot refused to delete, and whose conversation is locked. Does nothing for other
/// commands.
pub async fn restore(
    connection: &mut PgConnection,
    message: MessageId,
    operation: OperationId,
) -> Result<(), Error> {
    let conversation = sqlx::query_scalar!(
        "update messages m
         set delete_operation = null,
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1 and delete_operation = $2
         returning conversation_id",
        message.0,
        operation.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = conversation {
        touch(connection, ConversationId(id)).await?;
    }
    Ok(())
}
