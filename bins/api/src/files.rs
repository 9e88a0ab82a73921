//! Files: received with messages, and served to callers who may read the conversation.
//!
//! ```text
//! POST …/messages (form) ──► receive ──► object store ──► one transaction: message, outbox, files
//! GET /attachments/{id}  ──► part    ◄── object store, for what was written here
//!                                    ◄── fetch ◄── Chatwoot, for all else
//!                        ──► headers
//! ```
//!
//! Nothing here holds a file in memory: bytes pass through in chunks.

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

use crate::capacity::{Capacity, Room, Turns};
use crate::error::ApiError;

pub use config::Config;
pub(crate) use fetch::theirs;
pub(crate) use form::{Form, is_form};
pub(crate) use headers::{Headers, Untouched};
pub(crate) use part::Asked;
pub(crate) use receive::Receipt;

/// Messages with files that one process receives at a time.
const MOST_RECEIVED: usize = 32;
/// Files that one process serves at a time, Chatwoot's and our own.
const MOST_FETCHED: usize = 128;
/// Requests that ask Chatwoot for a file's present address at a time. There is one for each picture of
/// a conversation. None holds a connection to the database while Chatwoot is asked.
const MOST_RENEWED: usize = 8;

/// The largest answer from Chatwoot that is read here, in bytes. Many may be read at a time, and
/// what the API asks for is short.
const MOST_ANSWER: usize = 2 * 1024 * 1024;

/// Where files are stored, and how many may be under way. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    objects: Objects,
    chatwoot: chatwoot::Files,
    /// Opens the token with which a fresh address is asked for.
    key: Option<SecretKey>,
    clients: Arc<Clients>,
    receiving: Capacity,
    fetching: Capacity,
    renewing: Turns,
    /// Bytes of files that are stored for a tenant in a day. `None` if there is no limit.
    most_a_day: Option<i64>,
}

impl Files {
    /// Files that were written here are in `objects`; all others are fetched from Chatwoot. Without
    /// the key, an attachment whose address has expired cannot be fetched.
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
            renewing: Turns::new(MOST_RENEWED),
            most_a_day: (most_a_day > 0).then_some(most_a_day),
        })
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Chatwoot clients of the accounts, and the key to their tokens. `None` if this program has no key.
    pub(crate) fn callers(&self) -> Option<(&Clients, &SecretKey)> {
        Some((&self.clients, self.key.as_ref()?))
    }

    fn room(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.receiving.enter(tenant).ok_or(ApiError::Busy)
    }

    pub(crate) fn reading(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.fetching.enter(tenant).ok_or(ApiError::Busy)
    }

    /// Waits for room to ask Chatwoot for a fresh address. Nobody waits who holds no room of
    /// [`Self::reading`], so few do.
    async fn renewing(&self, tenant: &TenantId) -> Room {
        self.renewing.wait(tenant).await
    }
}
