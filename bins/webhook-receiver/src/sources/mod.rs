//! Who may send webhooks: the accounts and secrets in the bucket `SOURCES`, which is followed.
//!
//! The last state is kept on disk, so that a receiver can start and serve while NATS is away. The secrets stay sealed
//! there.

mod cache;
mod snapshot;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use bus::SourceChange;
use domain::{AccountKey, SecretKey, in_words};
use events::Source;
use futures_util::StreamExt as _;
use service::joined;

use cache::Cache;
pub(crate) use snapshot::{KnownSource, MAX_CANDIDATES, Snapshot};

/// The sources as they are now. Reading them costs no more than copying a pointer.
#[derive(Debug)]
pub(crate) struct Sources {
    present: RwLock<Option<Arc<Snapshot>>>,
}

impl Sources {
    /// Returns what is known at present, or `None` if nothing was ever received.
    pub(crate) fn present(&self) -> Option<Arc<Snapshot>> {
        self.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn holding(snapshot: Option<Snapshot>) -> Arc<Self> {
        Arc::new(Self { present: RwLock::new(snapshot.map(Arc::new)) })
    }

    fn replace(&self, snapshot: Snapshot) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
    }
}

/// Follows the bucket and keeps [`Sources`] up to date.
pub(crate) struct Follower {
    sources: Arc<Sources>,
    /// What the bucket has reported, on top of what the cache held. A source is removed only by a tombstone in the
    /// bucket. A source that is merely missing there was lost by NATS, and will be published again by a program that
    /// knows the accounts.
    all: BTreeMap<AccountKey, Source>,
    synced: bool,
    key: SecretKey,
    cache: Cache,
}

impl Follower {
    /// Makes a follower that begins with the cache in this folder. Blocks on the disk.
    pub(crate) fn starting_in(dir: &Path, key: SecretKey) -> Self {
        let cache = Cache::of(dir);
        let sources = Sources::holding(None);
        let mut all = BTreeMap::new();
        if let Some(cached) = cache.read() {
            all = cached.into_iter().map(|source| (source.account, source)).collect();
            sources.replace(Snapshot::of(&all, &key, None));
        }
        Self { sources, all, synced: false, key, cache }
    }

    pub(crate) fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources)
    }

    /// Follows for ever.
    pub(crate) async fn run(mut self, bucket: bus::Sources) {
        let mut changes = bucket.watch();
        while let Some(change) = changes.next().await {
            match change {
                Ok(change) => {
                    if self.apply(change) {
                        self.publish().await;
                    }
                }
                Err(error) => tracing::warn!(
                    error = in_words(&error),
                    "cannot follow the sources of webhooks; going on with those known"
                ),
            }
        }
    }

    /// Applies a change. Returns whether the sources have to be updated now.
    fn apply(&mut self, change: SourceChange) -> bool {
        match change {
            SourceChange::Put(source) => {
                let account = source.account;
                self.all.insert(account, source.clone()).as_ref() != Some(&source) && self.synced
            }
            SourceChange::Removed(account) => self.all.remove(&account).is_some() && self.synced,
            SourceChange::Unreadable(_) => false,
            SourceChange::Synced => {
                self.synced = true;
                true
            }
        }
    }

    async fn publish(&self) {
        let before = self.sources.present();
        self.sources.replace(Snapshot::of(&self.all, &self.key, before.as_deref()));
        let cache = self.cache.clone();
        let all: Vec<Source> = self.all.values().cloned().collect();
        let written = tokio::task::spawn_blocking(move || cache.write(&all));
        if let Err(error) = joined(written).await {
            tracing::warn!(
                error = in_words(&error),
                "cannot keep the sources of webhooks on disk; a start without NATS would not know \
                 them"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::testing::source;

    #[test]
    fn what_was_removed_goes_when_all_has_been_told_and_what_was_lost_stays() {
        let dir = tempfile::tempdir().unwrap();
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        let (gone, stays) = (source(&key, 1, &["a"]), source(&key, 2, &["b"]));
        let lost = source(&key, 3, &["c"]);
        Cache::of(dir.path()).write(&[gone.clone(), stays.clone(), lost.clone()]).unwrap();

        let mut follower = Follower::starting_in(dir.path(), key);
        let sources = follower.sources();
        follower.apply(SourceChange::Put(stays.clone()));
        follower.apply(SourceChange::Removed(gone.account));
        assert!(sources.present().unwrap().by_key(gone.account).is_some());
        assert!(follower.apply(SourceChange::Synced));
        block_on(follower.publish());
        assert_eq!(follower.cache.read().map(|sources| sources.len()), Some(2));
        let present = sources.present().unwrap();
        assert!(present.by_key(gone.account).is_none());
        assert!(present.by_key(lost.account).is_some());
        let known = present.by_key(stays.account).unwrap();
        assert_eq!(known.secrets[0].expose_secret(), "b");
    }

    #[test]
    fn a_source_that_cannot_be_read_is_served_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        let cached = source(&key, 1, &["a"]);
        Cache::of(dir.path()).write(std::slice::from_ref(&cached)).unwrap();
        let mut follower = Follower::starting_in(dir.path(), key);
        follower.apply(SourceChange::Unreadable(cached.account));
        follower.apply(SourceChange::Synced);
        assert_eq!(follower.all.into_values().collect::<Vec<_>>(), [cached]);
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn nothing_is_known_without_a_cache() {
        let dir = tempfile::tempdir().unwrap();
        let key: SecretKey = SecretKey::generate_text().parse().unwrap();
        assert!(Follower::starting_in(dir.path(), key).sources().present().is_none());
    }
}
