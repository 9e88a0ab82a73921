//! Files: received with messages, and given out to those who may read the conversation.
//!
//! ```text
//! POST …/messages (form) ──► receive ──► object store ──► one transaction: message, outbox, files
//! GET /attachments/{id}  ──► part    ◄── object store, for what was written here
//!                                    ◄── fetch ◄── Chatwoot, for all else
//!                        ──► headers
//! ```
//!
//! Nothing here holds a file in memory: bytes pass by in pieces.

mod config;
mod fetch;
mod form;
mod headers;
mod part;
mod receive;

use std::sync::Arc;

use accounts::Clients;
use chatwoot::client::Options;
use domain::{SecretKey, TenantId};
use objects::Objects;

use crate::capacity::{Capacity, Room};
use crate::error::ApiError;

pub use config::Config;
pub(crate) use fetch::theirs;
pub(crate) use form::{Form, is_form};
pub(crate) use headers::{Headers, Untouched};
pub(crate) use part::Asked;
pub(crate) use receive::Receipt;

/// Messages with files that one process receives at the same time.
const MOST_RECEIVED: usize = 32;
/// Files of Chatwoot's that one process gives out at the same time.
const MOST_FETCHED: usize = 128;

/// The greatest answer of Chatwoot's that is read here, in bytes. Many may be at the same time, and what
/// the API asks for is short.
const MOST_ANSWER: usize = 2 * 1024 * 1024;

/// Where files are, and how many may be under way. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    objects: Objects,
    chatwoot: chatwoot::Files,
    /// Opens the token that a fresh address is asked for with.
    key: Option<SecretKey>,
    clients: Arc<Clients>,
    receiving: Capacity,
    fetching: Capacity,
    /// Bytes of files that are kept for a tenant in a day; `None`: any number.
    most_a_day: Option<i64>,
}

impl Files {
    /// Files that were written here are in `objects`; all others are fetched from Chatwoot. Without the
    /// key nobody asks where an attachment is whose address is good no more.
    pub fn new(config: &Config, objects: Objects, key: Option<SecretKey>) -> anyhow::Result<Self> {
        let options = Options { max_answer: MOST_ANSWER, ..Options::default() };
        let most_bytes = u64::from(config.attachment_max_mib) * 1024 * 1024;
        let most_a_day = i64::from(config.attachment_mib_per_day) * 1024 * 1024;
        Ok(Self {
            objects,
            chatwoot: chatwoot::Files::new(&config.attachment_hosts, most_bytes)?,
            key,
            clients: Arc::new(Clients::new(options)),
            receiving: Capacity::new(MOST_RECEIVED),
            fetching: Capacity::new(MOST_FETCHED),
            most_a_day: (most_a_day > 0).then_some(most_a_day),
        })
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Callers of accounts, if this program may open their tokens.
    pub(crate) fn callers(&self) -> Option<(&Clients, &SecretKey)> {
        Some((&self.clients, self.key.as_ref()?))
    }

    fn room(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.receiving.enter(tenant).ok_or(ApiError::Busy)
    }

    fn reading(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.fetching.enter(tenant).ok_or(ApiError::Busy)
    }
}
