//! `/me/links`: which users of Chatwoot the caller is.

pub(in crate::routes) mod delete;
pub(in crate::routes) mod list;
pub(in crate::routes) mod put;

use accounts::AccountError;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use serde::Serialize;
use store::accounts::Shown;

use crate::auth::{CallerKind, Principal};
use crate::error::ApiError;
use crate::routes::accounts::refused;

/// Which user of an account's Chatwoot the caller is: the one as whom their replies and notes go out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Link {
    /// The account.
    account_id: AccountKey,
    /// Number of the account in the installation.
    #[schema(example = 1)]
    chatwoot_account_id: i64,
    /// Name of the account, for people.
    #[schema(example = "Acme Support")]
    account_name: Option<String>,
    /// Address at which people open the installation.
    #[schema(example = "https://chat.example.com")]
    chatwoot_url: String,
    /// Number of the user in Chatwoot. Null if the caller has not linked one: what they write then
    /// goes out as the owner of the account's token.
    #[schema(example = 7)]
    user_id: Option<i64>,
    /// Name of that user when it was linked.
    #[schema(example = "Ada Example")]
    user_name: Option<String>,
    /// When it was linked.
    linked_at: Option<DateTime<Utc>>,
    /// Since when Chatwoot has refused the token, which was then deleted: what the caller writes goes out as
    /// the owner of the account's token until they link another one. Null if it was not refused.
    refused_at: Option<DateTime<Utc>>,
}

impl Link {
    fn new(account: Shown, link: Option<store::links::Link>) -> Self {
        Self {
            account_id: account.id,
            chatwoot_account_id: account.chatwoot_account_id,
            account_name: account.name,
            chatwoot_url: account.screen_url.unwrap_or(account.base_url),
            user_id: link.as_ref().map(|link| link.user),
            user_name: link.as_ref().and_then(|link| link.user_name.clone()),
            linked_at: link.as_ref().map(|link| link.linked_at),
            refused_at: link.and_then(|link| link.refused_at),
        }
    }
}

/// Refuses machines, which are no user in Chatwoot.
fn require_person(principal: &Principal) -> Result<(), ApiError> {
    match principal.kind {
        CallerKind::Member => Ok(()),
        CallerKind::ApiKey => Err(ApiError::PeopleOnly),
    }
}

/// Turns a failure into what the caller can do about it, if they gave a token of their own.
fn own_refused(error: AccountError) -> ApiError {
    match error {
        AccountError::Trouble(trouble) => ApiError::field("token", trouble.to_string()),
        other => refused(other),
    }
}
