//! What an account consists of besides its conversations, as clients see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::AccountKey;

/// A person on our side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// The account that knows the agent.
    pub account_id: AccountKey,
    /// Number of the user in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Full name.
    pub name: Option<String>,
    /// The name that customers see.
    pub available_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// `agent`, `administrator`, or another role of the installation.
    pub role: Option<String>,
    /// `online`, `busy` or `offline` when Chatwoot was last asked.
    pub availability: Option<String>,
    /// Whether the invitation was accepted.
    pub confirmed: Option<bool>,
    /// Address of a picture.
    pub thumbnail: Option<String>,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// A team that conversations can be given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatalogueTeam)]
pub struct Team {
    /// The account that has it.
    pub account_id: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// A way by which customers write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Inbox {
    /// The account that has it.
    pub account_id: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Name.
    pub name: Option<String>,
    /// `Channel::…`, as Chatwoot names it.
    pub channel: Option<String>,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// A label that conversations can bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The account that has it.
    pub account_id: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// What conversations name it by.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// `#rrggbb`.
    pub color: Option<String>,
    /// Whether Chatwoot's own screen lists it.
    pub show_on_sidebar: Option<bool>,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}

/// A prepared answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CannedResponse {
    /// The account that has it.
    pub account_id: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// What an agent types to get it.
    pub short_code: String,
    /// Text.
    pub content: String,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}
