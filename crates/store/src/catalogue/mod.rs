//! What accounts consist of besides conversations. Chatwoot tells of it only when asked, in whole lists, and each list
//! replaces the one before. What is created in Chatwoot from here is added at once, before the next list.

#[macro_use]
mod part;
mod agents;
mod canned_responses;
mod inboxes;
mod known;
mod labels;
mod teams;

use domain::{AccountKey, TenantId};

pub use agents::{agents, agents_with_email, replace_agents};
pub use canned_responses::{add_canned_response, canned_responses, replace_canned_responses};
pub use inboxes::{inboxes, replace_inboxes};
pub use known::{Named, Unknown, unknown};
pub use labels::{add_label, labels, replace_labels};
pub use part::Listed;
pub use teams::{replace_teams, teams};

/// Whose catalogue it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The tenant.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountKey,
}
