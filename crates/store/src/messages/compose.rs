//! Writing messages here; from that moment they are on their way to Chatwoot.

use std::time::Duration;

use domain::command::SendMessage;
use domain::{
    AccountKey, Activity, Actor, Command, ConversationId, Message, MessageId, OperationId,
    TenantId, Upload,
};
use events::TraceParent;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::held_up::explain;
use super::read::select_messages;
use crate::outbox::{Enqueue, enqueue};
use crate::rows::FreeForm;
use crate::uploads::{self, Received};
use crate::{Error, activities, conversations};

/// A message as a person wrote it.
#[derive(Debug, Clone, Copy)]
pub struct Composition<'a> {
    /// The writer's tenant.
    pub tenant: &'a TenantId,
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// The text.
    pub content: &'a str,
    /// Whether it is a note, for the team only.
    pub private: bool,
    /// Its files.
    pub files: &'a [Received],
    /// The message of the same conversation that it replies to.
    pub in_reply_to: Option<MessageId>,
    /// The client's own id for it. A message that is written under one id twice is written once.
    pub client_id: Option<&'a str>,
    /// The writer.
    pub author: &'a Actor,
    /// How long it can be taken back before it goes out.
    pub due_in: Duration,
    /// The trace of the request.
    pub trace: TraceParent,
}

/// What became of a composition.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one per request, taken apart at once")]
pub enum Composed {
    /// It was written, and is on its way once the transaction commits.
    Queued {
        /// The message.
        message: Message,
        /// Its line of the timeline.
        activity: Activity,
    },
    /// The same message was written before under this client id.
    Known(Message),
    /// Another message was written before under this client id.
    Contradicts,
    /// A message under this client id was taken back.
    Withdrawn,
    /// The tenant has no such conversation.
    NoConversation,
    /// The message that it replies to is not in the conversation.
    NoOriginal,
    /// Chatwoot does not have the message that it replies to yet, so it cannot refer to it.
    OriginalNotSent,
}

/// Writes a message, its command and its line of the timeline, in a transaction of the tenant.
pub async fn compose(
    connection: &mut PgConnection,
    composition: &Composition<'_>,
) -> Result<Composed, Error> {
    let Composition { tenant, conversation, .. } = *composition;
    // Whoever writes to a conversation waits here for the previous writer, so commands are numbered in the order of
    // writing. Messages may be mirrored into it meanwhile.
    let Some(place) = sqlx::query!(
        "select account_id, inbox_id from conversations
         where id = $1 and tenant_id = $2 for no key update",
        conversation.0,
        tenant.as_str()
    )
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(Composed::NoConversation);
    };
    if let Some(earlier) = written_before(connection, composition).await? {
        return Ok(earlier);
    }
    let mut in_reply_to = None;
    if let Some(original) = composition.in_reply_to {
        match chatwoot_id_of(connection, conversation, original).await? {
            None => return Ok(Composed::NoOriginal),
            Some(None) => return Ok(Composed::OriginalNotSent),
            Some(number) => in_reply_to = number,
        }
    }
    let account = AccountKey(place.account_id);
    let mut operation = composition.operation();
    let mut message = loop {
        let written =
            insert(connection, composition, operation, account, place.inbox_id, in_reply_to);
        match written.await? {
            Some(message) => break message,
            // A marker can be forged, so anything may have that id.
            None => operation = OperationId::generate(),
        }
    };
    uploads::attach(connection, message.id, composition.files).await?;
    let command =
        sending(composition.content, composition.private, in_reply_to, composition.uploads());
    let wanted = Enqueue {
        operation,
        tenant,
        account,
        conversation,
        command: &command,
        trace: composition.trace,
        due_in: composition.due_in,
    };
    enqueue(connection, &wanted).await?;
    let (author, at) = (composition.author, message.created_at);
    let data = json!({ "messageId": message.id, "private": message.private });
    let activity =
        Activity::done_here("message_queued", Some(account), conversation, author, at, data);
    activities::write(connection, tenant, &activity).await?;
    // Whoever was about to write to the same customer notices by the entity tag.
    conversations::touch(connection, conversation).await?;
    explain(connection, std::slice::from_mut(&mut message)).await?;
    Ok(Composed::Queued { message, activity })
}

/// Looks up what was written before under the composition's client id. Returns `None` if nothing was, or it has none.
async fn written_before(
    connection: &mut PgConnection,
    composition: &Composition<'_>,
) -> Result<Option<Composed>, Error> {
    let Some(client_id) = composition.client_id else { return Ok(None) };
    let conversation = composition.conversation;
    if let Some(known) = known(connection, conversation, client_id).await? {
        let contradicts = contradicts(connection, &known, composition).await?;
        return Ok(Some(if contradicts { Composed::Contradicts } else { Composed::Known(known) }));
    }
    let withdrawn = is_withdrawn(connection, conversation, client_id).await?;
    Ok(withdrawn.then_some(Composed::Withdrawn))
}

/// The command that brings a message to Chatwoot.
pub(super) fn sending(
    content: &str,
    private: bool,
    in_reply_to: Option<i64>,
    uploads: Vec<Upload>,
) -> Command {
    Command::SendMessage(SendMessage { content: content.to_owned(), private, in_reply_to, uploads })
}

impl Composition<'_> {
    fn uploads(&self) -> Vec<Upload> {
        self.files.iter().map(|file| file.upload.clone()).collect()
    }

    /// The id of its command. If it has a client id, it is the same whenever it is written.
    fn operation(&self) -> OperationId {
        let of = |client_id| OperationId::of(self.conversation, client_id);
        self.client_id.map_or_else(OperationId::generate, of)
    }

    /// The text; `None` for files without a text.
    fn text(&self) -> Option<&str> {
        Some(self.content).filter(|text| self.files.is_empty() || !text.is_empty())
    }
}

/// Whether a message was written in this conversation under the client id, even if it was taken back since.
pub async fn was_written(
    connection: &mut PgConnection,
    conversation: ConversationId,
    client_id: &str,
) -> Result<bool, Error> {
    Ok(known(connection, conversation, client_id).await?.is_some()
        || is_withdrawn(connection, conversation, client_id).await?)
}

async fn is_withdrawn(
    connection: &mut PgConnection,
    conversation: ConversationId,
    client_id: &str,
) -> Result<bool, Error> {
    let row = sqlx::query!(
        "select withdrawn_at from withdrawn_messages where conversation_id = $1 and client_id = $2",
        conversation.0,
        client_id
    );
    Ok(row.fetch_optional(connection).await?.is_some())
}

/// Looks up the message of a client id. A database that was put back to an earlier time has lost which one that is, and
/// has learnt of the message again by its marker; then the message is given its client id back.
async fn known(
    connection: &mut PgConnection,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<Message>, Error> {
    let known = by_client_id(connection, conversation, client_id).await?;
    if known.is_some() {
        return Ok(known);
    }
    let learnt = sqlx::query!(
        "update messages m
         set client_id = $3,
             updated_at = greatest(clock_timestamp(), m.updated_at + interval '1 microsecond')
         where id = $1 and conversation_id = $2 and client_id is null
           and chatwoot_id is not null and message_type = 'outgoing'",
        OperationId::of(conversation, client_id).0,
        conversation.0,
        client_id
    )
    .execute(&mut *connection)
    .await?;
    if learnt.rows_affected() == 0 {
        return Ok(None);
    }
    by_client_id(connection, conversation, client_id).await
}

async fn by_client_id(
    connection: &mut PgConnection,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<Message>, Error> {
    select_messages!("where m.conversation_id = $1 and m.client_id = $2", conversation.0, client_id)
        .fetch_optional(connection)
        .await?
        .map(Message::try_from)
        .transpose()
}

/// Whether the composition differs from the message that is known under its client id. Once Chatwoot has the message,
/// the text is Chatwoot's, which may have changed it. Then only the id counts, since refusing would make a client write
/// again what the customer already has.
async fn contradicts(
    connection: &mut PgConnection,
    known: &Message,
    composition: &Composition<'_>,
) -> Result<bool, Error> {
    if known.chatwoot_id.is_some() {
        return Ok(false);
    }
    if known.content.as_deref() != composition.text() || known.private != composition.private {
        return Ok(true);
    }
    let digests = uploads::digests(connection, known.id).await?;
    Ok(!digests.iter().eq(composition.files.iter().map(|file| &file.digest)))
}

async fn chatwoot_id_of(
    connection: &mut PgConnection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<Option<i64>>, Error> {
    let number = sqlx::query_scalar!(
        "select chatwoot_id from messages where id = $1 and conversation_id = $2",
        message.0,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(number)
}

/// Writes the message. Returns `None` if another one has its id.
async fn insert(
    connection: &mut PgConnection,
    composition: &Composition<'_>,
    operation: OperationId,
    account: AccountKey,
    inbox_id: Option<i64>,
    in_reply_to: Option<i64>,
) -> Result<Option<Message>, Error> {
    let content_attributes = match in_reply_to {
        Some(number) => json!({ "in_reply_to": number }),
        None => Value::Object(serde_json::Map::new()),
    };
    sqlx::query_as!(
        super::read::Row,
        "insert into messages
           (id, tenant_id, account_id, conversation_id, message_type, content_type, content,
            content_attributes, private, sender_type, sender_name, author_type, author_id,
            author_name, inbox_id, outbound_state, outbound_next_at, client_id, uploads, created_at)
         values ($1, $2, $3, $4, 'outgoing', 'text', $5, $6, $7, $8, $9, $8, $10, $9, $11, 'queued',
                 clock_timestamp() + make_interval(secs => $12), $13, $14, clock_timestamp())
         on conflict (id) do nothing
         returning id, account_id, conversation_id, chatwoot_id, message_type, content_type, content,
                   content_attributes as \"content_attributes: FreeForm\", private, deleted,
                   delete_operation is not null as \"deleting!\",
                   sender_type, sender_id, sender_name, author_type, author_id, author_name,
                   attachments as \"attachments: FreeForm\", uploads as \"uploads: FreeForm\",
                   delivery_rank, delivery_succeeded_at, delivery_failed_at,
                   outbound_state, outbound_reason, outbound_attempts, outbound_most_attempts,
                   outbound_next_at, client_id, created_at, updated_at,
                   null::bool as \"otherwise?\"",
        operation.0,
        composition.tenant.as_str(),
        account.0,
        composition.conversation.0,
        composition.text(),
        content_attributes,
        composition.private,
        composition.author.kind,
        composition.author.name,
        composition.author.id,
        inbox_id,
        composition.due_in.as_secs_f64(),
        composition.client_id,
        json!(composition.uploads()),
    )
    .fetch_optional(connection)
    .await?
    .map(Message::try_from)
    .transpose()
}
