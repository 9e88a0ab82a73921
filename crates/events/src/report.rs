//! What only the receivers know of an account. Whoever wants to know asks all of them at once, on
//! [`subject::REPORT`](crate::subject::REPORT), and each answers for itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::AccountKey;
use serde::{Deserialize, Serialize};

/// Asks each receiver what it knows of some accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// At most [`ReportRequest::MOST`].
    pub accounts: Vec<AccountKey>,
}

impl ReportRequest {
    /// The most accounts that are asked about at once. It bounds a report too, which is a quarter of a MiB at worst.
    pub const MOST: usize = 500;
}

/// A receiver's answer, which names only those of the accounts that there is something to say of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The events in its journal that wait to be published. `None` while it has not yet read what it found there when
    /// it was started.
    pub waiting: Option<Vec<Waiting>>,
    /// The webhooks that it refused in the last hour, as far as it has been running.
    pub refused: Vec<Refused>,
}

/// What waits of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The account.
    pub account: AccountKey,
    /// How many events.
    pub events: u64,
    /// When the oldest of them was received.
    pub since: DateTime<Utc>,
}

/// What was refused of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The account.
    pub account: AccountKey,
    /// How many webhooks, by reason, such as `signature`.
    pub webhooks: BTreeMap<String, u64>,
}
