//! Webhook bodies.
//!
//! A body is the object itself with `event` beside its fields, so the same key means different things in different
//! events: `id` is a message's id, a conversation's *display* id, a contact's id or a contact inbox's id. [`peek`]
//! reads who and what a body is about without building a tree, for receivers; [`decode`] reads everything, for applying
//! it.
//!
//! Both are forgiving: a field of an unexpected type is an absent field. A body that lacks the id of
//! what it is about is an error, since nothing can be done with it. So is a body of more than [`MOST_VALUES`] values.

mod account;
mod decode;
mod event;
mod peek;
mod session_token;

pub use decode::{DecodeError, decode};
pub use event::{
    ContactEvent, ConversationEvent, InboxEvent, MessageEvent, TypingEvent, Webhook, WidgetEvent,
};
pub use peek::{Peek, PeekError, peek};
pub use session_token::blank_session_tokens;

pub use crate::json::{MOST_VALUES, all_values, values};
