//! What people do about a message on its way: take it back, or send it again.
//!
//! Both lock the message's command first, so that no worker begins a try meanwhile: either the try comes first and is
//! seen, or it finds the command gone or changed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    AccountKey, Activity, Actor, ConversationId, DeliveryState, Message, MessageId, OperationId,
    TenantId, Upload,
};
use events::TraceParent;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::compose::sending;
use super::read::select_messages;
use super::{Step, advance, by_ids, redeliver};
use crate::outbox::{self, Enqueue};
use crate::{Error, activities, attempts, conversations};

/// The kind of the activity for a message that is to be sent again.
const RETRIED: &str = "message_retried";

/// Who intervenes, and for which message.
#[derive(Debug, Clone, Copy)]
pub struct Intervention<'a> {
    /// The person's tenant.
    pub tenant: &'a TenantId,
    /// The conversation that the message belongs to.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// The person.
    pub actor: &'a Actor,
    /// The trace of the request.
    pub trace: TraceParent,
}

/// What became of an intervention.
#[derive(Debug, Clone, PartialEq)]
pub enum Intervened<T> {
    /// It is done once the transaction commits.
    Done(T),
    /// The tenant's conversation has no such message.
    NoMessage,
    /// The message is in a state in which that cannot be done; `None` if it never was on its way.
    WrongState(Option<DeliveryState>),
}

impl<T> Intervened<T> {
    fn map<U>(self, done: impl FnOnce(T) -> U) -> Intervened<U> {
        match self {
            Self::Done(what) => Intervened::Done(done(what)),
            Self::NoMessage => Intervened::NoMessage,
            Self::WrongState(state) => Intervened::WrongState(state),
        }
    }
}

/// Takes back a message that no try can have brought to Chatwoot, or discards one that failed and that nothing will try
/// any more, as if it had not been written; nothing can be written under its client id again. Of a message that
/// Chatwoot has and was to hand over once more, only that request is taken back. Returns the line of the timeline, and
/// the message if it still exists. Should Chatwoot have a discarded message after all, its snapshot brings it back.
pub async fn cancel(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
) -> Result<Intervened<(Option<Message>, Activity)>, Error> {
    let Some(held) = keep(connection, wanted).await? else {
        return Ok(Intervened::NoMessage);
    };
    let state = held.message.state;
    let discarded = held.is_given_up();
    let waits = matches!(state, Some(DeliveryState::Queued | DeliveryState::Retrying));
    if held.message.chatwoot_id.is_some() && !held.waits {
        if !waits || !redeliver::take_back(connection, wanted, &held).await? {
            return Ok(Intervened::WrongState(state));
        }
        let told = told_again(connection, wanted, &held, "message_retry_cancelled").await?;
        return Ok(told.map(|(message, activity)| (Some(message), activity)));
    }
    let gone = discarded || waits && outbox::take_back(connection, wanted.operation()).await?;
    if !gone {
        return Ok(Intervened::WrongState(state));
    }
    outbox::let_next(connection, wanted.conversation).await?;
    let cancelled_at = sqlx::query_scalar!(
        r#"with gone as (
             delete from messages where id = $1
             returning conversation_id, client_id, tenant_id, clock_timestamp() as at
           ),
           kept as (
             insert into withdrawn_messages (conversation_id, client_id, tenant_id)
             select conversation_id, client_id, tenant_id from gone where client_id is not null
           )
           select at as "at!" from gone"#,
        wanted.message.0
    )
    .fetch_one(&mut *connection)
    .await?;
    conversations::touch(connection, wanted.conversation).await?;
    let mut data = wanted.data(&held);
    if discarded {
        data["discarded"] = json!(true);
    }
    let activity = wanted.activity("message_cancelled", &held, cancelled_at, data);
    activities::write(connection, wanted.tenant, &activity).await?;
    Ok(Intervened::Done((None, activity)))
}

/// Sends a message again, depending on its state:
///
/// - One that failed is sent after everything that waits in its conversation now. It shows as unknown until it was
///   looked for, if Chatwoot may have it.
/// - One that waits to be tried again is tried at once.
/// - One of which nobody knows whether Chatwoot has it is looked for at once, and tried as soon as it is certain that
///   Chatwoot does not have it.
/// - One that waits behind a command which was tried and waits has that command tried at once.
/// - One that Chatwoot has and its channel did not deliver is handed to the channel once more, by Chatwoot.
///
/// Earlier tries are not forgotten: what may have gone out is looked for first. Returns the message and its line of the
/// timeline.
pub async fn retry(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
) -> Result<Intervened<(Message, Activity)>, Error> {
    let Some(held) = keep(connection, wanted).await? else {
        return Ok(Intervened::NoMessage);
    };
    let Held { message, waits, .. } = &held;
    if message.chatwoot_id.is_some() && !waits {
        let queued = message.state == Some(DeliveryState::Queued);
        if queued && hasten_first(connection, wanted, &held).await? {
            redeliver::keep_waiting(connection, &held).await?;
            return told_again(connection, wanted, &held, RETRIED).await;
        }
        return match redeliver(connection, wanted, &held).await? {
            Intervened::Done(()) => told_again(connection, wanted, &held, RETRIED).await,
            Intervened::NoMessage => Ok(Intervened::NoMessage),
            Intervened::WrongState(state) => Ok(Intervened::WrongState(state)),
        };
    }
    let behind = *waits && hasten_first(connection, wanted, &held).await?;
    let (state, reason, next_in) = match message.state {
        _ if held.is_given_up() => {
            enqueue_again(connection, wanted, &held).await?;
            let looks = attempts::may_be_there(connection, wanted.operation()).await?;
            let state = if looks { DeliveryState::Unknown } else { DeliveryState::Queued };
            (state, None, Some(Duration::ZERO))
        }
        Some(state @ (DeliveryState::Retrying | DeliveryState::Unknown)) if *waits => {
            outbox::hurry(connection, wanted.operation()).await?;
            (state, message.state_reason.as_deref(), Some(Duration::ZERO))
        }
        // Its own undo window goes on.
        Some(state @ DeliveryState::Queued) if behind => {
            let left = message.next_attempt_at.map(|at| (at - Utc::now()).to_std());
            (state, None, left.map(Result::unwrap_or_default))
        }
        state => return Ok(Intervened::WrongState(state)),
    };
    let step = Step { state, reason, attempts: None, most_attempts: None, next_in };
    advance(connection, wanted.operation(), step).await?;
    told_again(connection, wanted, &held, RETRIED).await
}

/// Writes the line of the timeline, and returns it with the message as it is now.
async fn told_again(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
    held: &Held,
    kind: &str,
) -> Result<Intervened<(Message, Activity)>, Error> {
    let Some(message) = by_ids(connection, &[wanted.message]).await?.pop() else {
        return Ok(Intervened::NoMessage);
    };
    let activity = wanted.activity(kind, held, message.updated_at, wanted.data(held));
    activities::write(connection, wanted.tenant, &activity).await?;
    Ok(Intervened::Done((message, activity)))
}

/// Has the first command of the conversation tried at once, if that is another one and was tried or put off before: a
/// change of the conversation has no button of its own. Returns whether it did.
async fn hasten_first(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
    held: &Held,
) -> Result<bool, Error> {
    let own = held.redelivery.unwrap_or(wanted.operation());
    let first = outbox::head(connection, wanted.conversation).await?;
    let put_off = |one: &outbox::Entry| one.attempts > 0 || one.put_off;
    let Some(first) = first.filter(|one| put_off(one) && one.operation != own) else {
        return Ok(false);
    };
    outbox::hurry(connection, first.operation).await?;
    Ok(true)
}

/// A message that is locked until the transaction ends.
pub(super) struct Held {
    pub(super) account: AccountKey,
    pub(super) message: Message,
    /// Its files.
    uploads: Vec<Upload>,
    /// It has a command in the outbox.
    waits: bool,
    /// The command that has Chatwoot hand it over once more.
    pub(super) redelivery: Option<OperationId>,
}

impl Held {
    /// Whether it failed, Chatwoot is not known to have it, and nothing will try it unless somebody asks.
    fn is_given_up(&self) -> bool {
        let Self { message, waits, .. } = self;
        message.state == Some(DeliveryState::Failed) && message.chatwoot_id.is_none() && !waits
    }
}

async fn keep(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
) -> Result<Option<Held>, Error> {
    let Intervention { tenant, conversation, message, .. } = *wanted;
    // The conversation first, as when a message is written: one person after the other.
    let Some(place) = conversations::hold(connection, tenant, conversation).await? else {
        return Ok(None);
    };
    // Then the command before the message, as workers do.
    let waits = outbox::keep(connection, conversation, wanted.operation()).await?;
    let redelivery = redeliver::keep(connection, conversation, message).await?;
    let row = select_messages!(
        "where m.id = $1 and m.conversation_id = $2 for update",
        message.0,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let uploads = row.uploads.read();
    let uploads = uploads.ok_or(Error::Unreadable { table: "messages", column: "uploads" })?;
    let (account, message) = (place.account, Message::try_from(row)?);
    Ok(Some(Held { account, message, uploads, waits, redelivery }))
}

/// Queues the command that was queued when the message was written.
async fn enqueue_again(
    connection: &mut PgConnection,
    wanted: &Intervention<'_>,
    held: &Held,
) -> Result<(), Error> {
    let message = &held.message;
    let content = message.content.as_deref().unwrap_or_default();
    let in_reply_to = message.content_attributes.get("in_reply_to");
    let again = Enqueue {
        operation: wanted.operation(),
        tenant: wanted.tenant,
        account: held.account,
        conversation: wanted.conversation,
        command: &sending(content, message.private, in_reply_to, held.uploads.clone()),
        trace: wanted.trace,
        due_in: Duration::ZERO,
    };
    outbox::enqueue(connection, &again).await
}

impl Intervention<'_> {
    fn operation(&self) -> OperationId {
        OperationId(self.message.0)
    }

    fn data(&self, held: &Held) -> Value {
        json!({ "messageId": self.message, "private": held.message.private })
    }

    fn activity(&self, kind: &str, held: &Held, at: DateTime<Utc>, data: Value) -> Activity {
        Activity::done_here(kind, Some(held.account), self.conversation, self.actor, at, data)
    }
}
