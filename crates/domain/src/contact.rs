//! A contact as clients see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AccountKey, ContactId, FreeForm};

/// A person who writes to the company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// The account that knows the person.
    pub account_id: AccountKey,
    /// Number in the Chatwoot installation.
    pub chatwoot_id: i64,
    /// Display name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// E.164 number.
    pub phone_number: Option<String>,
    /// The company's own id of the person.
    pub identifier: Option<String>,
    /// Address of a picture.
    pub thumbnail: Option<String>,
    /// Chatwoot's attributes.
    #[schema(value_type = Object)]
    pub additional_attributes: FreeForm,
    /// The company's attributes.
    #[schema(value_type = Object)]
    pub custom_attributes: FreeForm,
    /// Whether the company blocked the person in Chatwoot.
    pub blocked: bool,
    /// When this row last changed here.
    pub updated_at: DateTime<Utc>,
}
