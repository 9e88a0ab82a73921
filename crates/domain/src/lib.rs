//! The vocabulary that the programs share: ids, conversations, contacts, messages, activities.
//!
//! Nothing here does I/O. Besides the commands to Chatwoot ([`command`]) there are two families of types:
//!
//! - **read models** ([`Conversation`], [`Message`], [`Contact`], [`Activity`], [`catalogue`]): what
//!   REST answers and live events carry, one shape for both;
//! - **snapshots** ([`snapshot`]): what one look at Chatwoot says about a row, with the
//!   [`Version`] that decides which of two looks is the newer one.

mod access;
mod activity;
mod approval;
mod attachment;
pub mod catalogue;
pub mod command;
mod contact;
mod conversation;
mod free_form;
mod id;
mod message;
mod sealed;
pub mod snapshot;
mod tenant;
mod text;
mod token;
mod version;
mod words;

pub use access::{Permission, Permissions, Role, UnknownAccess};
pub use activity::{About, Activity, Actor, NamedContact};
pub use approval::Approval;
pub use attachment::{Attachment, MirroredAttachment, Upload};
pub use command::Command;
pub use contact::Contact;
pub use conversation::{Assignee, Conversation, ConversationContact, MessagePreview, Team};
pub use free_form::FreeForm;
pub use id::{
    AccountKey, ActivityId, ApiKeyId, ApprovalId, AttachmentId, AuditId, ContactId, ConversationId,
    EventId, MessageId, OperationId,
};
pub use message::{DeliveryState, Message, Sender};
pub use sealed::{SealError, Sealed, SecretKey};
pub use tenant::{InvalidTenant, TenantId};
pub use text::{comparable_text, plain_text};
pub use token::{Token, TokenKind};
pub use version::{Digest, Version};
pub use words::in_words;
