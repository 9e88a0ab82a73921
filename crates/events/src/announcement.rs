//! Changes on their way to the screens, on `ACTIVITY`.

use std::io;

use domain::{About, Activity, Approval, Conversation, Message, TenantId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Envelope, Headers, TraceParent, subject};

/// The most bytes of an announcement with its rows. One that would be longer goes without them, and screens fetch
/// them: the row of a conversation comes with each of its messages, however small these are, and to every screen.
const LARGEST: usize = 64 * 1024;

/// An activity, and the rows it is about as they were when it was announced, so that a screen can
/// show the change without asking. If it would be longer than 64 KiB with them, it has none of them: read them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// What happened.
    #[serde(flatten)]
    pub activity: Activity,
    /// The rows it concerns.
    #[serde(flatten)]
    pub subject: Subject,
}

/// The rows an announcement carries.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The conversation after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    /// The message after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The approval after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// The rows that an announcement is written with.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows<'a> {
    /// The conversation after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<&'a Conversation>,
    /// The message after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a Message>,
    /// The approval after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<&'a Approval>,
}

impl Subject {
    /// A conversation, and nothing else.
    pub fn of(conversation: Conversation) -> Self {
        Self { conversation: Some(conversation), ..Self::default() }
    }

    /// A message, if there still is one, in its conversation.
    pub fn message(
        conversation: Option<Conversation>,
        message: impl Into<Option<Message>>,
    ) -> Self {
        Self { conversation, message: message.into(), approval: None }
    }

    /// An approval, in its conversation.
    pub fn approval(conversation: Option<Conversation>, approval: Approval) -> Self {
        Self { conversation, message: None, approval: Some(approval) }
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            conversation: self.conversation.as_ref(),
            message: self.message.as_ref(),
            approval: self.approval.as_ref(),
        }
    }
}

/// What is flattened would be buffered, which free-form JSON does not survive, so each part is read from the text.
impl<'de> Deserialize<'de> for Announcement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self {
            activity: serde_json::from_str(text.get()).map_err(D::Error::custom)?,
            subject: serde_json::from_str(text.get()).map_err(D::Error::custom)?,
        })
    }
}

impl Announcement {
    /// An activity with the rows that it is about. Where these have its conversation, this says whom it concerns.
    pub fn new(mut activity: Activity, subject: Subject) -> Self {
        subject.rows().name(&mut activity);
        Self { activity, subject }
    }

    /// The message to publish. A second message for the same activity counts as a repetition.
    pub fn envelope(
        &self,
        tenant: &TenantId,
        trace: &TraceParent,
    ) -> Result<Envelope, serde_json::Error> {
        self.subject.rows().envelope(&self.activity, tenant, trace)
    }
}

impl Rows<'_> {
    /// The message to publish that announces an activity with these rows, without copying them. Where they have its
    /// conversation, the activity says from now on whom it concerns.
    pub fn announce(
        self,
        activity: &mut Activity,
        tenant: &TenantId,
        trace: &TraceParent,
    ) -> Result<Envelope, serde_json::Error> {
        self.name(activity);
        self.envelope(activity, tenant, trace)
    }

    fn name(self, activity: &mut Activity) {
        if let Some(conversation) = self.conversation {
            activity.about = Some(About::conversation(conversation));
        }
    }

    fn envelope(
        self,
        activity: &Activity,
        tenant: &TenantId,
        trace: &TraceParent,
    ) -> Result<Envelope, serde_json::Error> {
        Ok(Envelope {
            subject: subject::activity(tenant, &activity.kind),
            message_id: activity.id.to_string(),
            headers: Headers::default().with(TraceParent::HEADER, trace.to_string()),
            payload: written(activity, self)?,
        })
    }
}

/// An announcement as JSON, without its rows if it were too long with them.
fn written(activity: &Activity, rows: Rows<'_>) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        activity: &'a Activity,
        #[serde(flatten)]
        rows: Rows<'a>,
    }
    let mut short = Short(Vec::with_capacity(1024));
    match serde_json::to_writer(&mut short, &Whole { activity, rows }) {
        Ok(()) => Ok(short.0),
        // Nothing else fails to be written here.
        Err(error) if error.is_io() => serde_json::to_vec(activity),
        Err(error) => Err(error),
    }
}

/// Takes no more than [`LARGEST`], so that of a large row little is written in vain.
struct Short(Vec<u8>);

impl io::Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{AccountKey, Actor, ConversationId, FreeForm, Message, MessageId};
    use serde_json::{Value, json};

    use super::*;

    fn announcement(attributes: &str) -> Announcement {
        let actor = Actor { kind: "system".to_owned(), id: None, name: None };
        let (at, place) = (DateTime::UNIX_EPOCH, ConversationId::generate());
        let data: FreeForm = serde_json::from_str(attributes).unwrap();
        let activity =
            Activity::done_here("message_created", None, place, &actor, at, data.clone());
        let message = Message {
            id: MessageId::generate(),
            conversation_id: place,
            chatwoot_id: Some(7),
            message_type: "incoming".to_owned(),
            content_type: "text".to_owned(),
            content: Some("Hi".to_owned()),
            content_attributes: data,
            private: false,
            deleted: false,
            sender: None,
            author: None,
            attachments: Vec::new(),
            state: None,
            state_reason: None,
            attempts: 0,
            max_attempts: None,
            next_attempt_at: None,
            client_id: None,
            created_at: at,
            updated_at: at,
        };
        Announcement::new(activity, Subject::message(None, message))
    }

    /// What others wrote into it comes along as they wrote it, in the line and in its rows.
    #[test]
    fn it_is_read_as_it_was_written() {
        let attributes = r#"{"b": [{"": 0}, 1.50, 1e400], "type": "x"}"#;
        let told = announcement(attributes);
        let text = serde_json::to_string(&told).unwrap();
        for field in ["data", "contentAttributes"] {
            assert!(text.contains(&format!("\"{field}\":{attributes}")), "{text}");
        }
        let read: Announcement = serde_json::from_str(&text).unwrap();
        assert_eq!(read, told);
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn it_goes_through_a_value_in_both_ways() {
        let told = announcement(r#"{"b": [{"": 0}]}"#);
        let value = serde_json::to_value(&told).unwrap();
        assert_eq!(value["message"]["contentAttributes"], json!({ "b": [{ "": 0 }] }));
        assert_eq!(serde_json::from_value::<Announcement>(value.clone()).unwrap(), told);
        let without = |field: &str| {
            let mut value: Value = value.clone();
            value.as_object_mut().unwrap().remove(field);
            serde_json::from_value::<Announcement>(value)
        };
        assert_eq!(without("message").unwrap().subject, Subject::default());
        assert!(without("data").is_err());
    }

    fn conversation(attribute: &str) -> Conversation {
        let account = AccountKey::generate();
        let id = ConversationId::of(account, 7, None);
        let at = "2026-10-01T00:00:00Z";
        serde_json::from_value(json!({
            "id": id, "accountId": account, "chatwootId": 7, "status": "open", "labels": [], "unreadCount": 0,
            "lastActivityAt": at, "createdAt": at, "updatedAt": at, "customAttributes": { "note": attribute },
        }))
        .unwrap()
    }

    fn told(conversation: Conversation) -> Announcement {
        let actor = Actor { kind: "system".to_owned(), id: None, name: None };
        let (id, at) = (conversation.id, conversation.created_at);
        let activity = Activity::done_here("note", None, id, &actor, at, json!({}));
        Announcement::new(activity, Subject::of(conversation))
    }

    fn sent(announcement: &Announcement) -> (usize, Announcement) {
        let tenant = "acme".parse().unwrap();
        let envelope = announcement.envelope(&tenant, &TraceParent::generate()).unwrap();
        (envelope.payload.len(), serde_json::from_slice(&envelope.payload).unwrap())
    }

    #[test]
    fn an_announcement_comes_with_its_rows() {
        let small = told(conversation("x"));
        assert_eq!(sent(&small).1, small);
    }

    #[test]
    fn large_rows_are_left_out_and_whom_it_concerns_is_not() {
        let large = told(conversation(&"x".repeat(LARGEST)));
        let (bytes, received) = sent(&large);
        assert!(bytes < 1024, "{bytes}");
        assert_eq!(received.subject, Subject::default());
        assert_eq!(received.activity, large.activity);
        assert_eq!(received.activity.about.unwrap().chatwoot_conversation_id, Some(7));
        let half = told(conversation(&"x".repeat(LARGEST / 2)));
        assert_eq!(sent(&half).1, half);
    }
}
