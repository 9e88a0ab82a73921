//! JSON as Chatwoot prints it: one module per form, because the same record looks different
//! in a webhook's top level, nested in a webhook, and in a REST answer.

pub(crate) mod escape;
pub(crate) mod push;
pub(crate) mod rest;
mod text;
pub(crate) mod times;
pub(crate) mod webhook;
