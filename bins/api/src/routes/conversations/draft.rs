//! `/conversations/{id}/draft`: the caller's own, one of each kind.

pub(in crate::routes) mod delete;
pub(in crate::routes) mod get;
pub(in crate::routes) mod put;

use serde::Deserialize;

/// Which of the caller's drafts in a conversation.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct Kind {
    /// Whether the note is meant; otherwise, the reply.
    #[serde(default)]
    #[param(default = false)]
    private: bool,
}
