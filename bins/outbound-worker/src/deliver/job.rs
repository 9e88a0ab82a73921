//! What a row of the outbox asks for, read once.

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
    /// Must not be repeated blindly either, and is not looked for as a reply is.
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

/// Where people see what becomes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The reply shows how far it is.
    Reply(MessageId),
    /// The message shows it that its channel is to try again.
    Redelivery(MessageId),
    /// The conversation shows what was asked for from the start, and the deleted message if it is about one.
    Change(Option<MessageId>),
    /// Nowhere, unless it fails: it is of use at its moment only.
    Moment,
}

/// A row of the outbox, and where its end is to be seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) entry: &'a Entry,
    pub(super) shown: Shown,
}

impl<'a> Job<'a> {
    /// Reads a row.
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

    /// Where the end of a row is to be seen of which nothing but the name can be read.
    fn unreadable(entry: &Entry) -> Shown {
        match entry.command.as_str() {
            Command::SEND_MESSAGE => Shown::Reply(MessageId(entry.operation.0)),
            name if Command::is_momentary(name) => Shown::Moment,
            // Which message one is about is in what cannot be read.
            _ => Shown::Change(None),
        }
    }

    /// The message that it is about.
    pub(super) fn message(&self) -> Option<MessageId> {
        match self.shown {
            Shown::Reply(message) | Shown::Redelivery(message) => Some(message),
            Shown::Change(message) => message,
            Shown::Moment => None,
        }
    }

    /// Whether it is about how a message gets to the customer, so that the message shows its state.
    pub(super) fn is_delivery(&self) -> bool {
        matches!(self.shown, Shown::Reply(_) | Shown::Redelivery(_))
    }
}
