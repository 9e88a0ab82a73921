//! Messages of a conversation.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder};
use serde_json::{Map, Value, json};

use super::{CallError, Client, MessageRange, Verbatim, entries, expected};
use crate::model::Message;

/// A message or note to be written. The sender is the token's owner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewMessage {
    /// Text, up to 150,000 characters.
    pub content: String,
    /// Whether it is a note among colleagues.
    pub private: bool,
    /// `text` unless set.
    pub content_type: Option<String>,
    /// Id of the message that it replies to.
    pub in_reply_to: Option<i64>,
    /// Id of our operation, by which a call of unknown outcome is found afterwards. Any integration can read it, so it
    /// must say nothing else.
    pub marker: Option<String>,
    /// Further content attributes.
    pub content_attributes: Map<String, Value>,
}

/// A file to be sent.
pub struct Upload {
    /// Name that the customer sees.
    pub file_name: String,
    /// Media type; one that can't be a media type is sent as `application/octet-stream`.
    pub media_type: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its bytes, read while they are sent.
    pub bytes: BoxStream<'static, Result<Bytes, ReadError>>,
}

/// Messages of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct MessagePage {
    /// The messages that could be read.
    pub messages: Vec<Verbatim<Message>>,
    /// How many entries the answer has, including unreadable ones.
    pub entries: usize,
}

impl MessagePage {
    /// The ids of the messages that could be read.
    pub fn ids(&self) -> Vec<i64> {
        self.messages.iter().map(|message| message.value.id).collect()
    }
}

/// Why a file that is being sent could not be read to its end.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// The part of a form. Without a type of its own it would count as text.
    fn part(self) -> Result<Part, reqwest::Error> {
        let fits = Part::text("").mime_str(&self.media_type).is_ok();
        let media_type = if fits { self.media_type.as_str() } else { "application/octet-stream" };
        Part::stream_with_length(Body::wrap_stream(self.bytes), self.length)
            .file_name(self.file_name)
            .mime_str(media_type)
    }
}

impl NewMessage {
    /// Puts the message into a request: as JSON, or with files as a form whose objects are JSON text.
    fn put_into(
        &self,
        request: RequestBuilder,
        uploads: Vec<Upload>,
    ) -> Result<RequestBuilder, reqwest::Error> {
        let attributes = self.attributes();
        if uploads.is_empty() {
            let mut body = json!({
                "content": self.content,
                "message_type": "outgoing",
                "private": self.private,
                "content_attributes": attributes,
            });
            if let Some(content_type) = &self.content_type {
                body["content_type"] = content_type.as_str().into();
            }
            return Ok(request.json(&body));
        }
        let mut form = Form::new()
            .text("content", self.content.clone())
            .text("message_type", "outgoing")
            .text("private", self.private.to_string())
            .text("content_attributes", Value::Object(attributes).to_string());
        if let Some(content_type) = &self.content_type {
            form = form.text("content_type", content_type.clone());
        }
        for upload in uploads {
            form = form.part("attachments[]", upload.part()?);
        }
        Ok(request.multipart(form))
    }

    /// The attributes, with the marker and the quoted message among them.
    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = self.content_attributes.clone();
        if let Some(op) = &self.marker {
            attributes.insert("axis".to_owned(), json!({ "op": op }));
        }
        if let Some(id) = self.in_reply_to {
            attributes.insert("in_reply_to".to_owned(), id.into());
        }
        attributes
    }
}

impl Client {
    /// Writes a message or a note. Not idempotent: after an unknown outcome look for the marker
    /// before writing again.
    pub async fn create_message(
        &self,
        conversation: i64,
        message: &NewMessage,
    ) -> Result<Message, CallError> {
        self.create_message_with(conversation, message, Vec::new()).await
    }

    /// As [`Client::create_message`], with at most 15 files. Chatwoot hands them to the channel some two seconds later.
    pub async fn create_message_with(
        &self,
        conversation: i64,
        message: &NewMessage,
        uploads: Vec<Upload>,
    ) -> Result<Message, CallError> {
        let path = format!("conversations/{conversation}/messages");
        let mut request = self.request(Method::POST, &path);
        if !uploads.is_empty() {
            request = request.timeout(self.upload_timeout);
        }
        let request = message.put_into(request, uploads).map_err(CallError::from_transport)?;
        expected(Message::from_value(&self.json(request).await?))
    }

    /// Replaces a message by a notice. Most channels do not take back what the customer already has.
    pub async fn delete_message(&self, conversation: i64, message: i64) -> Result<(), CallError> {
        let path = format!("conversations/{conversation}/messages/{message}");
        self.done(self.request(Method::DELETE, &path)).await
    }

    /// One message, if the conversation has it. Needs a user's token.
    pub async fn message(&self, conversation: i64, id: i64) -> Result<Option<Message>, CallError> {
        let only = MessageRange::Between { after: id.saturating_sub(1), last: id };
        let listed = self.list_messages(conversation, only).await?;
        Ok(listed.into_iter().find(|message| message.id == id))
    }

    /// Asks Chatwoot to hand a message that its channel failed to deliver to the channel once more, and returns the
    /// message. Older versions do so whatever its state, and empty its content attributes: check that it has failed
    /// before calling this, and again after an unknown outcome.
    pub async fn retry_message(
        &self,
        conversation: i64,
        message: i64,
    ) -> Result<Message, CallError> {
        let path = format!("conversations/{conversation}/messages/{message}/retry");
        expected(Message::from_value(&self.json(self.request(Method::POST, &path)).await?))
    }

    /// Messages of any kind, oldest first by the clocks of Chatwoot's nodes. Needs a user's token.
    pub async fn list_messages(
        &self,
        conversation: i64,
        range: MessageRange,
    ) -> Result<Vec<Message>, CallError> {
        let page = self.messages_verbatim(conversation, range).await?;
        Ok(page.messages.into_iter().map(|read| read.value).collect())
    }

    /// One answer of [`Client::list_messages`], with the JSON it was read from.
    pub async fn messages_verbatim(
        &self,
        conversation: i64,
        range: MessageRange,
    ) -> Result<MessagePage, CallError> {
        let path = format!("conversations/{conversation}/messages");
        let request = self.request(Method::GET, &path);
        let request = match range {
            MessageRange::Newest => request,
            MessageRange::Before(id) => request.query(&[("before", id)]),
            MessageRange::After(id) => request.query(&[("after", id)]),
            // With both, Chatwoot begins at `after` itself, and ends before `before`.
            MessageRange::Between { after, last } => {
                request.query(&[("after", after + 1), ("before", last + 1)])
            }
        };
        let (answer, held) = self.counted(request).await?;
        let read = |value| Some(Verbatim::read(value, &held, Message::from_value));
        let read = expected(entries(answer, &["/payload", ""], read))?;
        let entries = read.len();
        let mut messages: Vec<_> = read.into_iter().flatten().collect();
        for message in &mut messages {
            message.value.conversation_display_id.get_or_insert(conversation);
        }
        Ok(MessagePage { messages, entries })
    }
}
