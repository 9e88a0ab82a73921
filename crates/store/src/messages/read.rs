//! What clients read of messages.

use chrono::{DateTime, Utc};
use domain::{
    AccountKey, Actor, Attachment, ConversationId, DeliveryState, Message, MessageId, Sender,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::held_up::explain;
use crate::rows::FreeForm;
use crate::{Error, part};

/// Which part of a conversation to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The newest messages.
    Newest,
    /// The messages before this one.
    Before(MessageId),
    /// The messages after this one.
    After(MessageId),
}

/// Messages of one conversation, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Messages {
    /// At most as many as were asked for, and fewer if they are large.
    pub messages: Vec<Message>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// The columns that make a [`Message`].
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) conversation_id: Uuid,
    pub(crate) chatwoot_id: Option<i64>,
    pub(crate) message_type: String,
    pub(crate) content_type: String,
    pub(crate) content: Option<String>,
    pub(crate) content_attributes: FreeForm,
    pub(crate) private: bool,
    pub(crate) deleted: bool,
    pub(crate) deleting: bool,
    pub(crate) sender_type: Option<String>,
    pub(crate) sender_id: Option<i64>,
    pub(crate) sender_name: Option<String>,
    pub(crate) author_type: Option<String>,
    pub(crate) author_id: Option<String>,
    pub(crate) author_name: Option<String>,
    pub(crate) attachments: FreeForm,
    pub(crate) uploads: FreeForm,
    pub(crate) delivery_rank: i16,
    pub(crate) delivery_succeeded_at: i64,
    pub(crate) delivery_failed_at: i64,
    pub(crate) outbound_state: Option<String>,
    pub(crate) outbound_reason: Option<String>,
    pub(crate) outbound_attempts: i32,
    pub(crate) outbound_most_attempts: Option<i32>,
    pub(crate) outbound_next_at: Option<DateTime<Utc>>,
    pub(crate) client_id: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// Whether it existed before the statement and clients see it differently now.
    pub(crate) otherwise: Option<bool>,
}

/// A checked query for [`Row`]s of messages called `m`. The caller gives what comes before the columns, the expression
/// for `otherwise`, and what comes after.
macro_rules! message_rows {
    (
        before [$($before:tt)+] otherwise [$($otherwise:tt)+] after [$($after:tt)+]
        $(, $argument:expr)* $(,)?
    ) => {
        sqlx::query_as!(
            crate::messages::Row,
            $($before)+ + "m.id, m.account_id, m.conversation_id, m.chatwoot_id, m.message_type,
                    m.content_type, m.content,
                    m.content_attributes as \"content_attributes: crate::rows::FreeForm\",
                    m.private, m.deleted,
                    m.delete_operation is not null as \"deleting!\", m.sender_type, m.sender_id,
                    m.sender_name, m.author_type, m.author_id, m.author_name,
                    m.attachments as \"attachments: crate::rows::FreeForm\",
                    m.uploads as \"uploads: crate::rows::FreeForm\", m.delivery_rank, m.delivery_succeeded_at, m.delivery_failed_at,
                    m.outbound_state, m.outbound_reason, m.outbound_attempts,
                    m.outbound_most_attempts, m.outbound_next_at, m.client_id, m.created_at,
                    m.updated_at, " + $($otherwise)+ + " as \"otherwise?\" " + $($after)+
            $(, $argument)*
        )
    };
}
pub(crate) use message_rows;

/// A checked query for [`Row`]s of existing messages; the caller gives what follows `from messages m`.
macro_rules! select_messages {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        crate::messages::message_rows!(
            before ["select "] otherwise ["null::bool"] after [" from messages m " + $rest]
            $(, $argument)*
        )
    };
}
pub(crate) use select_messages;

impl Row {
    fn state(&self) -> Result<Option<DeliveryState>, Error> {
        DeliveryFacts {
            message_type: &self.message_type,
            in_chatwoot: self.chatwoot_id.is_some(),
            outbound_state: self.outbound_state.as_deref(),
            rank: self.delivery_rank,
            succeeded_at: self.delivery_succeeded_at,
            failed_at: self.delivery_failed_at,
        }
        .state()
    }

    /// Why the message has got no further: our own reason, or what the customer's channel told Chatwoot.
    fn state_reason(&mut self, state: DeliveryState) -> Option<String> {
        let settled =
            matches!(state, DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Read);
        if settled {
            return None;
        }
        self.outbound_reason.take().or_else(|| {
            let words = self.content_attributes.get("external_error");
            words.filter(|words: &String| !words.is_empty())
        })
    }

    /// The attachments; a deleted message shows none.
    fn attachments(&self) -> Result<Vec<Attachment>, Error> {
        if self.deleted || self.deleting {
            return Ok(Vec::new());
        }
        let unreadable = |column| Error::Unreadable { table: "messages", column };
        let mirrored = self.attachments.read().ok_or_else(|| unreadable("attachments"))?;
        let uploads = self.uploads.read().ok_or_else(|| unreadable("uploads"))?;
        Ok(Attachment::all(AccountKey(self.account_id), uploads, mirrored))
    }
}

impl TryFrom<Row> for Message {
    type Error = Error;

    fn try_from(mut row: Row) -> Result<Self, Error> {
        let state = row.state()?;
        let state_reason = state.and_then(|state| row.state_reason(state));
        let attachments = row.attachments()?;
        Ok(Self {
            id: MessageId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            chatwoot_id: row.chatwoot_id,
            message_type: row.message_type,
            content_type: row.content_type,
            content: row.content.filter(|_| !row.deleting),
            // A mail's text is in there once more.
            content_attributes: if row.deleting {
                domain::FreeForm::default()
            } else {
                row.content_attributes.0
            },
            private: row.private,
            deleted: row.deleted || row.deleting,
            sender: row.sender_type.map(|kind| Sender {
                kind,
                id: row.sender_id,
                name: row.sender_name,
            }),
            author: row.author_type.map(|kind| Actor {
                kind,
                id: row.author_id,
                name: row.author_name,
            }),
            attachments,
            state,
            state_reason,
            attempts: row.outbound_attempts,
            max_attempts: row.outbound_most_attempts.filter(|_| {
                let tries =
                    [DeliveryState::Sending, DeliveryState::Retrying, DeliveryState::Unknown];
                state.is_some_and(|state| tries.contains(&state))
            }),
            next_attempt_at: row
                .outbound_next_at
                .filter(|_| matches!(state, Some(DeliveryState::Queued | DeliveryState::Retrying))),
            client_id: row.client_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What is known about a message's delivery.
pub(crate) struct DeliveryFacts<'a> {
    pub(crate) message_type: &'a str,
    pub(crate) in_chatwoot: bool,
    pub(crate) outbound_state: Option<&'a str>,
    pub(crate) rank: i16,
    pub(crate) succeeded_at: i64,
    pub(crate) failed_at: i64,
}

impl DeliveryFacts<'_> {
    /// The one state that clients see: our own state until Chatwoot has the message, then what its channel reported.
    pub(crate) fn state(&self) -> Result<Option<DeliveryState>, Error> {
        if !matches!(self.message_type, "outgoing" | "template") {
            return Ok(None);
        }
        let ours = |name| {
            DeliveryState::from_name(name)
                .map(Some)
                .ok_or(Error::Unreadable { table: "messages", column: "outbound_state" })
        };
        let failed = self.failed_at > self.succeeded_at;
        match self.outbound_state {
            Some(name) if !self.in_chatwoot => ours(name),
            // Chatwoot is to hand it to the channel once more.
            Some(name @ ("queued" | "retrying")) if failed => ours(name),
            _ if failed => Ok(Some(DeliveryState::Failed)),
            _ => Ok(Some(match self.rank {
                3.. => DeliveryState::Read,
                2 => DeliveryState::Delivered,
                _ => DeliveryState::Sent,
            })),
        }
    }
}

/// The messages with these ids that the transaction may see, in no particular order.
pub async fn by_ids(
    connection: &mut PgConnection,
    ids: &[MessageId],
) -> Result<Vec<Message>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = select_messages!("where m.id = any($1)", &ids).fetch_all(&mut *connection).await?;
    let mut messages: Vec<_> = rows.into_iter().map(Message::try_from).collect::<Result<_, _>>()?;
    explain(connection, &mut messages).await?;
    Ok(messages)
}

/// At most `limit` messages of a conversation, and fewer if they are large. Returns `None` if a message that the window
/// names is not in the conversation.
pub async fn window(
    connection: &mut PgConnection,
    conversation: ConversationId,
    window: Window,
    limit: u32,
) -> Result<Option<Messages>, Error> {
    let named = match window {
        Window::Newest => None,
        Window::Before(id) | Window::After(id) => {
            let place = place(connection, conversation, id).await?;
            if place.is_none() {
                return Ok(None);
            }
            place
        }
    };
    let fetched = i64::from(limit) + 1;
    let forwards = matches!(window, Window::After(_));
    // Sizes first, so that no more is read than fits into memory.
    let mut found = if forwards {
        let (at, id) = named.unzip();
        sqlx::query_as!(
            Weight,
            r#"select m.id,
                      octet_length(concat(
                        m.message_type, m.content_type, m.content, m.content_attributes,
                        m.sender_type, m.sender_name, m.author_type, m.author_id, m.author_name,
                        m.attachments, m.uploads, m.outbound_state, m.outbound_reason,
                        m.client_id)) as "bytes!"
               from messages m
               where m.conversation_id = $1 and (m.created_at, m.id) > ($2, $3)
               order by m.created_at, m.id limit $4"#,
            conversation.0,
            at,
            id,
            fetched,
        )
        .fetch_all(&mut *connection)
        .await?
    } else {
        // Without a named message: everything before the end of time. Not said by coalesce() in the statement: in a plan
        // for any arguments a policy keeps that from the index, and all that is newer would be read.
        let (at, id) = named.unwrap_or((DateTime::<Utc>::MAX_UTC, Uuid::max()));
        sqlx::query_as!(
            Weight,
            r#"select m.id,
                      octet_length(concat(
                        m.message_type, m.content_type, m.content, m.content_attributes,
                        m.sender_type, m.sender_name, m.author_type, m.author_id, m.author_name,
                        m.attachments, m.uploads, m.outbound_state, m.outbound_reason,
                        m.client_id)) as "bytes!"
               from messages m
               where m.conversation_id = $1 and (m.created_at, m.id) < ($2, $3)
               order by m.created_at desc, m.id desc limit $4"#,
            conversation.0,
            at,
            id,
            fetched,
        )
        .fetch_all(&mut *connection)
        .await?
    };
    let more = part::cut_large(&mut found, limit, |weight| weight.bytes.into());
    let ids: Vec<_> = found.iter().map(|weight| MessageId(weight.id)).collect();
    let mut messages = by_ids(connection, &ids).await?;
    messages.sort_by_key(|message| (message.created_at, message.id));
    Ok(Some(Messages { messages, more }))
}

/// The size of a message.
struct Weight {
    id: Uuid,
    bytes: i32,
}

async fn place(
    connection: &mut PgConnection,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<(DateTime<Utc>, Uuid)>, Error> {
    let row = sqlx::query!(
        "select created_at, id from messages where id = $1 and conversation_id = $2",
        id.0,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.created_at, row.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: DeliveryFacts<'static> = DeliveryFacts {
        message_type: "outgoing",
        in_chatwoot: false,
        outbound_state: Some("retrying"),
        rank: 0,
        succeeded_at: 0,
        failed_at: 0,
    };

    #[test]
    fn our_own_way_shows_until_chatwoot_has_the_message() {
        assert_eq!(OURS.state().unwrap(), Some(DeliveryState::Retrying));
        let there = DeliveryFacts { in_chatwoot: true, ..OURS };
        assert_eq!(there.state().unwrap(), Some(DeliveryState::Sent));
        assert_eq!(DeliveryFacts { rank: 3, ..there }.state().unwrap(), Some(DeliveryState::Read));
    }

    #[test]
    fn the_later_of_failure_and_success_shows() {
        let there = DeliveryFacts { in_chatwoot: true, outbound_state: Some("sent"), ..OURS };
        let failed = DeliveryFacts { rank: 2, succeeded_at: 5, failed_at: 9, ..there };
        assert_eq!(failed.state().unwrap(), Some(DeliveryState::Failed));
        let handed_over = DeliveryFacts { outbound_state: Some("queued"), ..failed };
        assert_eq!(handed_over.state().unwrap(), Some(DeliveryState::Queued));
        let again = DeliveryFacts { succeeded_at: 10, ..failed };
        assert_eq!(again.state().unwrap(), Some(DeliveryState::Delivered));
    }

    #[test]
    fn a_customers_message_has_no_state() {
        let incoming = DeliveryFacts { message_type: "incoming", rank: 3, ..OURS };
        assert_eq!(incoming.state().unwrap(), None);
    }
}
