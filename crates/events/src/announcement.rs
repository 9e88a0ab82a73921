//! Changes on their way to the screens, on `ACTIVITY`.

use std::io;

use domain::{About, Activity, Approval, Conversation, Message, TenantId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Envelope, Headers, TraceParent, subject};

/// The most bytes of an announcement with its rows. From one that would be longer the largest rows are left out, and
/// screens fetch them: the row of a conversation comes with each of its messages, however small these are, and to every
/// screen.
const LARGEST: usize = 64 * 1024;

/// An activity, and the rows it is about as they were when it was announced, so that a screen can
/// show the change without asking. If it would be longer than 64 KiB, it lacks rows, the largest first: `omitted` names
/// them. Read them.
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
    /// Which of these were left out because it would be too long with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<Row>,
}

/// A row that an announcement may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnnouncedRow)]
pub enum Row {
    /// That of the conversation.
    Conversation,
    /// That of the message.
    Message,
    /// That of the approval.
    Approval,
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
        Self { conversation, message: message.into(), ..Self::default() }
    }

    /// An approval, in its conversation.
    pub fn approval(conversation: Option<Conversation>, approval: Approval) -> Self {
        Self { conversation, approval: Some(approval), ..Self::default() }
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

    /// Leaves out the largest of the rows that there are.
    fn leave_out_largest(&mut self) -> Option<Row> {
        let sizes = [
            (Row::Conversation, self.conversation.map(size)),
            (Row::Message, self.message.map(size)),
            (Row::Approval, self.approval.map(size)),
        ];
        let there = sizes.into_iter().filter_map(|(row, size)| Some((row, size?)));
        let (row, _) = there.max_by_key(|(_, size)| size.unwrap_or(usize::MAX))?;
        match row {
            Row::Conversation => self.conversation = None,
            Row::Message => self.message = None,
            Row::Approval => self.approval = None,
        }
        Some(row)
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

/// An announcement as JSON, without its largest rows if it were too long with them.
fn written(activity: &Activity, mut rows: Rows<'_>) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        activity: &'a Activity,
        #[serde(flatten)]
        rows: Rows<'a>,
        #[serde(skip_serializing_if = "<[Row]>::is_empty")]
        omitted: &'a [Row],
    }
    let mut omitted = Vec::new();
    loop {
        let whole = Whole { activity, rows, omitted: &omitted };
        let mut short = Short(Vec::with_capacity(1024));
        match serde_json::to_writer(&mut short, &whole) {
            Ok(()) => return Ok(short.0),
            // Nothing else fails to be written here.
            Err(error) if error.is_io() => match rows.leave_out_largest() {
                Some(row) => omitted.push(row),
                None => return serde_json::to_vec(&whole),
            },
            Err(error) => return Err(error),
        }
    }
}

/// The size of a row, or none if it is too large for any announcement.
fn size(row: &impl Serialize) -> Option<usize> {
    let mut short = Short(Vec::new());
    serde_json::to_writer(&mut short, row).ok().map(|()| short.0.len())
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
mod tests;
