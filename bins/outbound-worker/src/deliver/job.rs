//! Reads what a row of the outbox asks for, once.

use domain::command::{
    Assign, DeleteMessage, MarkRead, RetryMessage, SendMessage, SetCustomAttributes, SetLabels,
    SetPriority, SetStatus, SetTeam, Typing, Unreadable,
};
use domain::{Command, MessageId};
use store::outbox::Entry;

/// A command, by how it has to be carried out.
pub(super) enum Errand {
    /// Must not be repeated blindly.
    Reply(SendMessage),
    /// Must not be repeated blindly either, but is not looked up like a reply.
    Redelivery(RetryMessage),
    /// May be repeated.
    Change(Change),
}

/// A command that sends the full wanted state.
pub(super) enum Change {
    Status(SetStatus),
    Priority(SetPriority),
    Assignee(Assign),
    Team(SetTeam),
    Labels(SetLabels),
    CustomAttributes(SetCustomAttributes),
    Deletion(DeleteMessage),
    Typing(Typing),
    Reading(MarkRead),
}

impl From<Command> for Errand {
    fn from(command: Command) -> Self {
        let change = match command {
            Command::SendMessage(message) => return Self::Reply(message),
            Command::RetryMessage(wanted) => return Self::Redelivery(wanted),
            Command::SetStatus(wanted) => Change::Status(wanted),
            Command::SetPriority(wanted) => Change::Priority(wanted),
            Command::Assign(wanted) => Change::Assignee(wanted),
            Command::SetTeam(wanted) => Change::Team(wanted),
            Command::SetLabels(wanted) => Change::Labels(wanted),
            Command::SetCustomAttributes(wanted) => Change::CustomAttributes(wanted),
            Command::DeleteMessage(wanted) => Change::Deletion(wanted),
            Command::Typing(wanted) => Change::Typing(wanted),
            Command::MarkRead(wanted) => Change::Reading(wanted),
        };
        Self::Change(change)
    }
}

/// Where people see the outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The reply shows its delivery state.
    Reply(MessageId),
    /// The message that its channel has to try again shows its delivery state.
    Redelivery(MessageId),
    /// The conversation, and the deleted message if there is one, show from the start what was asked for.
    Change(Option<MessageId>),
    /// Nowhere, unless it fails: the command matters only at its moment.
    Moment,
}

/// A row of the outbox, and where its outcome is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) entry: &'a Entry,
    pub(super) shown: Shown,
}

impl<'a> Job<'a> {
    /// Reads a row. The errand is an error if the command cannot be read.
    pub(super) fn read(entry: &'a Entry) -> (Self, Result<Errand, Unreadable>) {
        let errand = Command::read(&entry.command, &entry.payload).map(Errand::from);
        let shown = match &errand {
            Ok(Errand::Reply(_)) => Shown::Reply(MessageId(entry.operation.0)),
            Ok(Errand::Redelivery(wanted)) => Shown::Redelivery(wanted.message_id),
            Ok(Errand::Change(Change::Deletion(wanted))) => Shown::Change(Some(wanted.message_id)),
            Ok(Errand::Change(Change::Typing(_) | Change::Reading(_))) => Shown::Moment,
            Ok(Errand::Change(_)) => Shown::Change(None),
            Err(_) => Self::unreadable(entry),
        };
        (Self { entry, shown }, errand)
    }

    /// Where the outcome of a command is shown of which only the name can be read.
    fn unreadable(entry: &Entry) -> Shown {
        match entry.command.as_str() {
            Command::SEND_MESSAGE => Shown::Reply(MessageId(entry.operation.0)),
            name if Command::is_momentary(name) => Shown::Moment,
            // Which message it is about is in the part that cannot be read.
            _ => Shown::Change(None),
        }
    }

    /// The message that the command is about, if there is one.
    pub(super) fn message(&self) -> Option<MessageId> {
        match self.shown {
            Shown::Reply(message) | Shown::Redelivery(message) => Some(message),
            Shown::Change(message) => message,
            Shown::Moment => None,
        }
    }

    /// Whether the command is about delivering a message to the customer, so that the message shows its state.
    pub(super) fn is_delivery(&self) -> bool {
        matches!(self.shown, Shown::Reply(_) | Shown::Redelivery(_))
    }
}
