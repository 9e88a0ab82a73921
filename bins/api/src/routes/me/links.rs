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

/// Which user of an account's Chatwoot the caller is: as whom their replies and notes go out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Link {
    /// The account.
    account_id: AccountKey,
    /// Its number in the installation.
    #[schema(example = 1)]
    chatwoot_account_id: i64,
    /// For people.
    #[schema(example = "Acme Support")]
    account_name: Option<String>,
    /// Where people open it.
    #[schema(example = "https://chat.example.com")]
    chatwoot_url: String,
    /// The number of the user there; null: the caller has not linked one, and what they write goes out as
    /// the owner of the account's token.
    #[schema(example = 7)]
    user_id: Option<i64>,
    /// That user's name when it was linked.
    #[schema(example = "Ada Example")]
    user_name: Option<String>,
    /// Since when it is linked.
    linked_at: Option<DateTime<Utc>>,
    /// Since when Chatwoot has refused the token, which is forgotten: what the caller writes goes out as the
    /// owner of the account's token until they link another one.
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

/// Refuses whoever has no name in Chatwoot.
fn require_person(principal: &Principal) -> Result<(), ApiError> {
    match principal.kind {
        CallerKind::Member => Ok(()),
        CallerKind::ApiKey => Err(ApiError::PeopleOnly),
    }
}

/// What can be done about a failure, by whoever gave a token of their own.
fn own_refused(error: AccountError) -> ApiError {
    match error {
        AccountError::Trouble(trouble) => ApiError::field("token", trouble.to_string()),
        other => refused(other),
    }
}
