//! Chatwoot accounts from their connection to their end: what `axis accounts` and the API do alike.
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
//! This is the one crate where the database, the streams and Chatwoot meet: an account is in all
//! three. The row comes first and says what holds; the rest follows from it and may be repeated. One
//! process at a time has an account in hand.

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

/// Who is asked here is a stranger's Chatwoot, and what for is short: a profile, the webhooks.
pub(crate) fn options() -> Options {
    Options { max_answer: 2 * 1024 * 1024, ..Options::default() }
}

/// What it takes to administer accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    bus: Bus,
    key: SecretKey,
    clients: Arc<Clients>,
    /// Addresses that a stranger named are called only if they are everybody's.
    public_only: bool,
    /// Seals though the key opens nothing of what is sealed already.
    another_key: bool,
    /// Accounts that a tenant may have; none: any number.
    most: Option<u32>,
}

impl Accounts {
    /// For operators, who may name any address.
    pub fn new(store: Store, bus: Bus, key: SecretKey) -> Self {
        let clients = Arc::new(Clients::new(options()));
        Self { store, bus, key, clients, public_only: false, another_key: false, most: None }
    }

    /// The same for callers who are not to reach the deployment's own network by way of us.
    #[must_use]
    pub fn public_only(self) -> Self {
        Self { public_only: true, ..self }
    }

    /// The same for callers who connect only so many accounts of a tenant; 0: any number.
    #[must_use]
    pub fn at_most(self, count: u32) -> Self {
        Self { most: (count > 0).then_some(count), ..self }
    }

    /// The same for whoever has lost the key that the accounts are sealed under: this one takes its place.
    /// Otherwise nothing is sealed under a key that opens nothing, since the programs have another one.
    #[must_use]
    pub fn another_key(self, another_key: bool) -> Self {
        Self { another_key, ..self }
    }
}
