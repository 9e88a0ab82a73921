//! The key-value bucket `SOURCES`: which accounts may send webhooks.

use std::collections::HashSet;
use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::kv::{self, Operation};
use domain::AccountKey;
use events::Source;
use futures_util::Stream;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::channel::stream_of;
use crate::read::{Reading, ordered};
use crate::streams::bucket;
use crate::{Bus, BusError};

/// The pause after a failure to watch, doubled with each in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// The accounts that may send webhooks.
#[derive(Clone, Debug)]
pub struct Sources {
    bus: Bus,
}

/// A change of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceChange {
    /// There is this source, new or changed.
    Put(Source),
    /// There is no such source any more.
    Removed(AccountKey),
    /// There is such a source, but what is stored of it cannot be read: what was known of it is the
    /// best there is.
    Unreadable(AccountKey),
    /// Everything that exists has been told by now.
    Synced,
    /// In place of [`SourceChange::Synced`]: the bucket holds nothing, not even the trace that a
    /// removed source leaves. It is new, or was lost; of those told before none is told as removed.
    Empty,
}

impl Bus {
    /// The accounts that may send webhooks.
    pub fn sources(&self) -> Sources {
        Sources { bus: self.clone() }
    }
}

impl Sources {
    /// Adds or replaces a source.
    pub async fn put(&self, source: &Source) -> Result<(), BusError> {
        let value = serde_json::to_vec(source).map_err(|error| BusError::Malformed {
            what: "a source".into(),
            source: error.into(),
        })?;
        let store = self.store().await?;
        match store.put(source.account.token(), value.into()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(BusError::Refused { what: "store a source".to_owned(), source: error.into() })
            }
        }
    }

    /// Removes a source, if there is one.
    pub async fn remove(&self, account: AccountKey) -> Result<(), BusError> {
        let store = self.store().await?;
        match store.delete(account.token()).await {
            Ok(()) => Ok(()),
            Err(error) => {
                Err(BusError::Refused { what: "remove a source".to_owned(), source: error.into() })
            }
        }
    }

    /// All sources, by account.
    pub async fn list(&self) -> Result<Vec<Source>, BusError> {
        let mut reading = self.read().await?;
        let mut sources = Vec::new();
        let mut waiting = reading.waiting;
        while waiting > 0 {
            let entry = reading.next().await?;
            waiting = entry.left;
            // Only the last entry of each account is read, so a removal takes nothing away.
            if let Some(SourceChange::Put(source)) = read(&entry.message) {
                sources.push(source);
            }
        }
        sources.sort_by_key(|source| source.account);
        Ok(sources)
    }

    /// All sources, then [`SourceChange::Synced`] or [`SourceChange::Empty`], then every change. After
    /// an outage it begins again: what exists, what was removed meanwhile, `Synced` or `Empty`. The first failure of an outage is
    /// an item too; the stream goes on after it.
    pub fn watch(
        &self,
    ) -> impl Stream<Item = Result<SourceChange, BusError>> + Send + Unpin + use<> {
        let sources = self.clone();
        stream_of(
            |sender| async move { Watch { sources, sender, known: HashSet::new() }.run().await },
        )
    }

    async fn store(&self) -> Result<kv::Store, BusError> {
        use async_nats::jetstream::context::KeyValueErrorKind;
        self.bus.jetstream().get_key_value(bucket::SOURCES).await.map_err(|error| {
            match error.kind() {
                KeyValueErrorKind::GetBucket if self.bus.connected() => {
                    BusError::NotFound { what: format!("bucket {}", bucket::SOURCES) }
                }
                _ => BusError::Unavailable(error.into()),
            }
        })
    }

    async fn read(&self) -> Result<Reading, BusError> {
        let filter = format!("{}>", bucket::SOURCES_PREFIX);
        ordered(&self.bus, bucket::SOURCES_STREAM, filter, DeliverPolicy::LastPerSubject).await
    }
}

struct Watch {
    sources: Sources,
    sender: mpsc::Sender<Result<SourceChange, BusError>>,
    /// The accounts told as existing and not as removed since.
    known: HashSet<AccountKey>,
}

impl Watch {
    async fn run(mut self) {
        let mut connections = self.sources.bus.connections();
        let mut failures = 0;
        loop {
            connections.borrow_and_update();
            let watched = tokio::select! {
                biased;
                Ok(()) = connections.changed() => Ok(()),
                watched = self.once(&mut failures) => watched,
            };
            let Err(error) = watched else { continue };
            if failures == 0 && self.sender.send(Err(error)).await.is_err() {
                return;
            }
            let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LAST_PAUSE);
            failures += 1;
            tokio::select! {
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells everything, then every change, until something fails.
    async fn once(&mut self, failures: &mut u32) -> Result<(), BusError> {
        let mut reading = self.sources.read().await?;
        let mut seen = HashSet::new();
        let mut waiting = reading.waiting;
        let empty = waiting == 0;
        while waiting > 0 {
            let entry = reading.next().await?;
            waiting = entry.left;
            let change = read(&entry.message);
            match &change {
                Some(SourceChange::Put(source)) => {
                    seen.insert(source.account);
                }
                Some(SourceChange::Unreadable(account)) => {
                    seen.insert(*account);
                }
                _ => {}
            }
            self.tell(change).await;
        }
        if empty {
            self.tell(Some(SourceChange::Empty)).await;
        } else {
            // The bucket may have been filled anew: what it does not name is no longer there.
            let gone: Vec<AccountKey> = self.known.difference(&seen).copied().collect();
            for account in gone {
                self.tell(Some(SourceChange::Removed(account))).await;
            }
            self.tell(Some(SourceChange::Synced)).await;
        }
        *failures = 0;
        loop {
            let entry = reading.next().await?;
            self.tell(read(&entry.message)).await;
        }
    }

    async fn tell(&mut self, change: Option<SourceChange>) {
        match &change {
            Some(SourceChange::Put(source)) => {
                self.known.insert(source.account);
            }
            Some(SourceChange::Unreadable(account)) => {
                self.known.insert(*account);
            }
            Some(SourceChange::Removed(account)) => {
                self.known.remove(account);
            }
            Some(SourceChange::Synced | SourceChange::Empty) | None => {}
        }
        if let Some(change) = change {
            // Nobody listens any more: the task is about to be dropped.
            self.sender.send(Ok(change)).await.ok();
        }
    }
}

fn read(message: &async_nats::Message) -> Option<SourceChange> {
    let key = message.subject.strip_prefix(bucket::SOURCES_PREFIX)?;
    let account = AccountKey(Uuid::try_parse(key).ok()?);
    let operation = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get("KV-Operation"))
        .and_then(|operation| operation.as_str().parse().ok())
        .unwrap_or(Operation::Put);
    if operation != Operation::Put {
        return Some(SourceChange::Removed(account));
    }
    match serde_json::from_slice::<Source>(&message.payload) {
        Ok(source) if source.account == account => Some(SourceChange::Put(source)),
        Ok(_) => {
            tracing::error!(account = %account, "a source is stored under another account's key");
            Some(SourceChange::Removed(account))
        }
        Err(error) => {
            tracing::error!(account = %account, error = %error, "a source cannot be read");
            // Serving with an outdated secret is better than not serving at all.
            Some(SourceChange::Unreadable(account))
        }
    }
}
