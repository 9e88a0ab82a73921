//! The key-value bucket `SOURCES`: which accounts may send webhooks.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::context::{
    GetStreamError, GetStreamErrorKind, PublishError, PublishErrorKind,
};
use async_nats::jetstream::kv::{self, Operation};
use domain::AccountKey;
use events::Source;
use futures_util::Stream;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::channel::stream_of;
use crate::pauses::Pauses;
use crate::read::{Reading, ordered};
use crate::streams::bucket;
use crate::{Bus, BusError, api};

/// The pause after a first failure to watch.
const PAUSE: Duration = Duration::from_millis(100);

/// The accounts that may send webhooks.
#[derive(Clone, Debug)]
pub struct Sources {
    bus: Bus,
}

/// A change to the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceChange {
    /// This source is new or has changed.
    Put(Source),
    /// This account is no longer a source.
    Removed(AccountKey),
    /// This account is a source, but its entry cannot be read. What was known of it before is still the best there
    /// is.
    Unreadable(AccountKey),
    /// Everything that the bucket holds has been reported.
    Synced,
}

/// What the bucket says about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceEntry {
    /// It is this source.
    Source(Source),
    /// It was removed. The number tells this removal from a later one.
    Removed(u64),
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
        let stored = store.put(source.account.token(), value.into()).await;
        stored.map_err(|error| failed("store a source", error))?;
        Ok(())
    }

    /// Removes a source, if there is one.
    pub async fn remove(&self, account: AccountKey) -> Result<(), BusError> {
        let store = self.store().await?;
        let removed = store.delete(account.token()).await;
        removed.map_err(|error| failed("remove a source", error))
    }

    /// Forgets that a source was removed. A receiver that has not heard of it until now never will. Does nothing if
    /// something else has been said of the account since.
    pub async fn forget(&self, account: AccountKey, removal: u64) -> Result<(), BusError> {
        let subject = format!("{}{}", bucket::SOURCES_PREFIX, account.token());
        api::purge_last(&self.bus, bucket::SOURCES_STREAM, &subject, removal).await
    }

    /// Lists all sources, ordered by account.
    pub async fn list(&self) -> Result<Vec<Source>, BusError> {
        let told = self.told().await?.into_values();
        let mut sources: Vec<_> = told
            .filter_map(|told| match told {
                SourceEntry::Source(source) => Some(source),
                SourceEntry::Removed(_) => None,
            })
            .collect();
        sources.sort_by_key(|source| source.account);
        Ok(sources)
    }

    /// Returns what the bucket says about each account. Accounts whose entries cannot be read are left out, like those
    /// that were never in the bucket.
    pub async fn told(&self) -> Result<HashMap<AccountKey, SourceEntry>, BusError> {
        let mut reading = self.read().await?;
        let mut told = HashMap::new();
        let mut waiting = reading.waiting;
        while waiting > 0 {
            let entry = reading.expected().await?;
            waiting = entry.left;
            // Only the last entry of each account is read.
            match read(&entry.message) {
                Some(SourceChange::Put(source)) => {
                    told.insert(source.account, SourceEntry::Source(source))
                }
                Some(SourceChange::Removed(account)) => {
                    told.insert(account, SourceEntry::Removed(entry.sequence))
                }
                _ => None,
            };
        }
        Ok(told)
    }

    /// Streams all sources and removals, then [`SourceChange::Synced`], then every change; after an outage all of
    /// that again. A removal leaves a tombstone in the bucket, so an account without any entry was lost by NATS
    /// and is not reported as removed. The first failure of an outage is an item too, and the stream goes on
    /// after it.
    pub fn watch(
        &self,
    ) -> impl Stream<Item = Result<SourceChange, BusError>> + Send + Unpin + use<> {
        let sources = self.clone();
        stream_of(|sender| async move { Watch { sources, sender }.run().await })
    }

    async fn store(&self) -> Result<kv::Store, BusError> {
        let store = self.bus.jetstream().get_key_value(bucket::SOURCES).await;
        store.map_err(|error| failed("open the sources", error))
    }

    async fn read(&self) -> Result<Reading, BusError> {
        let filter = format!("{}>", bucket::SOURCES_PREFIX);
        ordered(&self.bus, bucket::SOURCES_STREAM, filter, DeliverPolicy::LastPerSubject).await
    }
}

/// Converts an error of the library. Only an answer of NATS means that the bucket is missing or the request was
/// refused. Anything else means that there was no answer.
fn failed(action: &str, error: impl Error + Send + Sync + 'static) -> BusError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(known) = cause {
        if let Some(answer) = answer_in(known) {
            return BusError::refused(action, &format!("bucket {}", bucket::SOURCES), answer);
        }
        if is_too_large(known) {
            return BusError::Refused { what: action.to_owned(), source: error.into() };
        }
        cause = known.source();
    }
    BusError::unavailable(error)
}

/// The answer of NATS, if `error` holds one.
fn answer_in(error: &(dyn Error + 'static)) -> Option<jetstream::Error> {
    match error.downcast_ref::<GetStreamError>().map(GetStreamError::kind) {
        Some(GetStreamErrorKind::JetStream(answer)) => Some(answer),
        _ => error.downcast_ref::<jetstream::Error>().cloned(),
    }
}

/// Whether the request was not even sent because it exceeds the size that NATS announced as its limit.
fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<PublishError>();
    error.is_some_and(|error| error.kind() == PublishErrorKind::MaxPayloadExceeded)
}

struct Watch {
    sources: Sources,
    sender: mpsc::Sender<Result<SourceChange, BusError>>,
}

impl Watch {
    async fn run(self) {
        let mut connections = self.sources.bus.connections();
        let mut pauses = Pauses::beginning_with(PAUSE);
        loop {
            connections.borrow_and_update();
            let watched = tokio::select! {
                biased;
                Ok(()) = connections.changed() => Ok(()),
                watched = self.once(&mut pauses) => watched,
            };
            let Err(error) = watched else { continue };
            if pauses.none_yet() && self.sender.send(Err(error)).await.is_err() {
                return;
            }
            let pause = pauses.next();
            tokio::select! {
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Reports everything, then every change, until something fails.
    async fn once(&self, pauses: &mut Pauses) -> Result<(), BusError> {
        let mut reading = self.sources.read().await?;
        let mut waiting = reading.waiting;
        while waiting > 0 {
            let entry = reading.expected().await?;
            waiting = entry.left;
            self.tell(read(&entry.message)).await;
        }
        self.tell(Some(SourceChange::Synced)).await;
        pauses.reset();
        loop {
            let entry = reading.next().await?;
            self.tell(read(&entry.message)).await;
        }
    }

    async fn tell(&self, change: Option<SourceChange>) {
        if let Some(change) = change {
            // This fails only when nobody listens any more, and then the task is about to be dropped.
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
