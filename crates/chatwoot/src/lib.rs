//! Chatwoot on the wire: webhook bodies, signatures and the REST client.
//!
//! ```text
//!   webhook bytes ── verify ── peek ──► who and what, without a tree   (a receiver's hot path)
//!                      │         └────► decode ──► Webhook             (whoever applies it)
//!                  signature                          │
//!                                                  model: Conversation, Message, Contact, …
//!                                                     │
//!   REST ── Client ── Result<model, CallError> ───────┘
//!                             └── outcome(): Permanent | Retry | Unknown
//! ```
//!
//! - [`signature`] signs and checks deliveries over the bytes as received.
//! - [`webhook`] reads bodies: [`peek`] for ids, [`decode`] for everything.
//! - [`model`] has each object once, though Chatwoot prints it in several forms: webhooks, the
//!   entries of `messages[]`, REST, and older versions.
//! - [`client`] calls the application API; every failure says whether the call may have happened.
//! - [`delivery`] posts a webhook as Chatwoot would, to test a receiver, and [`examples`] are bodies
//!   to post.
//!
//! # What to rely on
//!
//! The readers are total: any bytes give a value or a typed error, never a panic. A field that is
//! absent, null or of an unexpected type is `None`; numbers may come as text, enumerations as names
//! or numbers, times in any of Chatwoot's forms; unknown events and values are kept. Only an object
//! without its id is refused, and a body that is little else than values ([`webhook::MOST_VALUES`]).
//! Text that could not be stored (half surrogate pairs, NULs) is replaced.
//! Tokens that bodies carry are not kept, so that the types may be logged as far as secrets go; they
//! are full of personal data all the same.
//!
//! A delivery is at most once, unordered, and a snapshot from some moment after its event. The
//! documentation of the types says what can be concluded from them.
//!
//! # Trying to break the readers
//!
//! The tests mutate the fixtures 20,000 times. For a million and more (some six minutes):
//!
//! ```text
//! CHATWOOT_FUZZ_CASES=1200000 cargo test -p chatwoot --test never_panics
//! ```
//!
//! A new shape seen in the field becomes a file in `fixtures/webhooks`, one line as it came, with
//! fictional data; `INSTA_UPDATE=always cargo test -p chatwoot --test fixtures` writes its snapshot.

pub mod client;
pub mod delivery;
pub mod files;
pub mod model;
pub mod signature;
pub mod webhook;

mod examples;
mod json;
mod public;
mod tls;

pub use client::{CallError, Client, Outcome};
pub use delivery::Delivery;
pub use examples::examples;
pub use files::{File, FileError, Files, Home};
pub use model::{
    Account, Assignee, AssigneeKind, Attachment, Change, Changes, Contact, Conversation, Inbox,
    Message, MessageStatus, MessageType, Priority, Sender, Status, Team,
};
pub use public::is_public;
pub use signature::{SignatureError, sign, verify};
pub use webhook::{DecodeError, Peek, PeekError, Webhook, blank_session_tokens, decode, peek};
