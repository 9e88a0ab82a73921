//! Looks up only once what many callers ask for at once: for each tenant or, where `K` is `()`, for all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::TenantId;
use tokio::time::Instant;

/// How long an answer is given to further callers.
const LASTS: Duration = Duration::from_secs(2);

/// The last answer for each key, for a moment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SingleFlight<T, K = TenantId>(Arc<Mutex<HashMap<K, Place<T>>>>);

/// Whoever holds the lock looks; the others wait for what was found.
type Place<T> = Arc<tokio::sync::Mutex<Option<(Instant, T)>>>;

impl<T, K> Default for SingleFlight<T, K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone, K: Clone + Eq + Hash> SingleFlight<T, K> {
    /// Returns what was found for this key a moment ago, or what `look` finds. An error goes only
    /// to the caller whose look failed; the next caller looks again.
    pub(crate) async fn get<E>(
        &self,
        key: &K,
        look: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let place = self.place(key);
        let mut last = place.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < LASTS
        {
            return Ok(found.clone());
        }
        let found = look.await?;
        *last = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    /// Returns the place of a key's answer. Places that nobody wants any more are forgotten when a
    /// new key comes.
    fn place(&self, key: &K) -> Place<T> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(key) {
            return Arc::clone(place);
        }
        places.retain(|_, place| is_wanted(place));
        let place = Place::default();
        places.insert(key.clone(), Arc::clone(&place));
        place
    }
}

/// Whether somebody waits for this answer, or may still be given it.
fn is_wanted<T>(place: &Place<T>) -> bool {
    let Ok(last) = place.try_lock() else { return true };
    let lasts = last.as_ref().is_some_and(|(at, _)| at.elapsed() < LASTS);
    lasts || Arc::strong_count(place) > 1
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::future::join_all;

    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_once_is_told_what_one_has_found_and_later_what_there_is() {
        let shared = SingleFlight::default();
        let looked = Mutex::new(0);
        let look = async |name: &str| {
            let tenant = tenant(name);
            let found = shared.get(&tenant, async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let mut looked = looked.lock().unwrap();
                *looked += 1;
                Ok::<_, Infallible>(format!("{name} {looked}"))
            });
            found.await.unwrap()
        };
        let all = join_all((0..50).map(|_| look("ours"))).await;
        assert!(all.iter().all(|one| one == "ours 1"), "{all:?}");
        assert_eq!(look("theirs").await, "theirs 2");
        assert_eq!(look("ours").await, "ours 1");
        tokio::time::advance(LASTS).await;
        assert_eq!(look("ours").await, "ours 3");
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_is_not_kept_and_who_is_gone_is_forgotten() {
        let shared = SingleFlight::default();
        let failed = shared.get(&tenant("ours"), async { Err::<u8, _>("away") }).await;
        assert_eq!(failed, Err("away"));
        assert_eq!(shared.get(&tenant("ours"), async { Ok::<_, Infallible>(1) }).await, Ok(1));
        for number in 0..10 {
            let name = format!("tenant-{number}");
            let given = shared.get(&tenant(&name), async { Ok::<_, Infallible>(number) }).await;
            assert_eq!(given, Ok(number));
            tokio::time::advance(LASTS).await;
        }
        assert_eq!(shared.0.lock().unwrap().len(), 1);
    }
}
