//! Chatwoot accounts, from connecting to disconnecting them: what `axis accounts` and the API have in common.
//!
//! ```text
//! connect     token checked with Chatwoot ─► row ─► receivers told ─► webhook registered
//! rotate      another token, or another webhook with another secret; the old one holds for a while
//! reseal      another key in the place of the one that secrets are sealed under ─► receivers told
//! check       is the webhook in Chatwoot, in its place, complete, and signed with what we know?
//! link        a person's own token checked with Chatwoot ─► row; what they write goes out with it
//! disconnect  row ended, token and secrets forgotten ─► receivers told ─► webhook removed
//! ```
//!
//! This is the one crate where the database, the streams and Chatwoot meet, since an account is in all three. The row
//! comes first and says what holds; the rest follows from it and may be repeated. One process at a time changes an
//! account.

mod clients;
mod config;
mod connect;
mod deed;
mod disconnect;
mod error;
mod link;
mod registration;
mod reseal;
mod rotate;
mod secrets;
mod sources;
mod watch;

use std::sync::Arc;

use bus::Bus;
use chatwoot::client::Options;
use domain::SecretKey;
use store::Store;

pub use chatwoot::client::ClientError;
pub use clients::{Clients, Unusable};
pub use config::Config;
pub use connect::{Wanted, find};
pub use deed::{Actor, Deed, Kept};
pub use disconnect::Disconnected;
pub use error::{AccountError, Trouble};
pub use registration::{Change, Checked, Registered, path};
pub use reseal::Resealed;
pub use rotate::Rotated;
pub use watch::Watch;

/// Options for asking a stranger's Chatwoot for little: a profile, or the webhooks.
pub(crate) fn options() -> Options {
    Options { max_answer: 2 * 1024 * 1024, ..Options::default() }
}

/// Administers accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    bus: Bus,
    key: SecretKey,
    clients: Arc<Clients>,
    /// Whether installations that are connected here are called at public addresses only.
    public_only: bool,
    /// Whether to seal under the key even if it opens no secret that is sealed already.
    another_key: bool,
    /// How many accounts a tenant may have; `None` for any number.
    most: Option<u32>,
}

impl Accounts {
    /// Administers accounts for operators, who may name any address.
    pub fn new(store: Store, bus: Bus, key: SecretKey) -> Self {
        let clients = Arc::new(Clients::new(options()));
        Self { store, bus, key, clients, public_only: false, another_key: false, most: None }
    }

    /// Calls installations at public addresses only: for callers who are not to reach the deployment's own network
    /// through us.
    #[must_use]
    pub fn public_only(self) -> Self {
        Self { public_only: true, ..self }
    }

    /// Limits how many accounts a tenant may have; 0 for any number.
    #[must_use]
    pub fn at_most(self, count: u32) -> Self {
        Self { most: (count > 0).then_some(count), ..self }
    }

    /// With `true`, lets the key take the place of one that is lost. Otherwise nothing is sealed under a key that opens
    /// no existing secret, since the programs have another one.
    #[must_use]
    pub fn another_key(self, another_key: bool) -> Self {
        Self { another_key, ..self }
    }
}
