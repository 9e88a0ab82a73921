//! Changes on their way to the screens, on `ACTIVITY`.

use domain::{About, Activity, Approval, Conversation, Message, TenantId};
use serde::{Deserialize, Serialize};

use crate::{Envelope, Headers, TraceParent, subject};

/// An activity, and the rows it is about as they were when it was announced, so that a screen can
/// show the change without asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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
