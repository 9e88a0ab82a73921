//! Changes on their way to the screens, on `ACTIVITY`.

use domain::{About, Activity, Approval, Conversation, Message, TenantId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Envelope, Headers, TraceParent, subject};

/// An activity, and the rows it is about as they were when it was announced, so that a screen can
/// show the change without asking.
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
        if let Some(conversation) = &subject.conversation {
            activity.about = Some(About::conversation(conversation));
        }
        Self { activity, subject }
    }

    /// The message to publish. A second message for the same activity counts as a repetition.
    pub fn envelope(
        &self,
        tenant: &TenantId,
        trace: &TraceParent,
    ) -> Result<Envelope, serde_json::Error> {
        Ok(Envelope {
            subject: subject::activity(tenant, &self.activity.kind),
            message_id: self.activity.id.to_string(),
            headers: Headers::default().with(TraceParent::HEADER, trace.to_string()),
            payload: serde_json::to_vec(self)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{Actor, ConversationId, FreeForm, Message, MessageId};
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
}
