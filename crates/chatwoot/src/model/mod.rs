//! The objects Chatwoot talks about, each in one form, whatever form it arrived in.
//!
//! Webhooks and REST print the same object in up to three forms. These types hold what the forms have in common. A
//! field that is absent, null or of an unexpected type reads as `None` (or empty), and only an object without its id is
//! not read.

mod attachment;
mod changes;
mod conversation;
mod enums;
mod message;
mod people;

pub use attachment::Attachment;
pub use changes::{Change, Changes};
pub use conversation::Conversation;
pub use enums::{MessageStatus, MessageType, Priority, Status};
pub use message::Message;
pub use people::{Account, Assignee, AssigneeKind, Contact, Inbox, Sender, Team};
