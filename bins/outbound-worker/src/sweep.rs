//! Removes what nobody needs any more: files that are no message's, of requests that came to nothing and
//! of messages that were taken back or deleted; and tries of long ago.

use std::time::Duration;

use objects::Objects;
use store::{Store, attempts, uploads};

use crate::rounds::Rounds;

/// How long a file may wait for its message; far longer than a request may take.
const PATIENCE: Duration = Duration::from_hours(1);
/// The time between two looks.
const EVERY: Duration = Duration::from_mins(10);
/// How long a try is kept, for people who want to know how something went.
const TRIES_KEPT: Duration = Duration::from_hours(90 * 24);
/// Most that are removed at a time.
const BATCH: i64 = 100;
/// Most tries that are looked through at a time, from the oldest on, with those that stay.
const TRIES: i64 = 1_000;

/// Looks for both now and then: what cannot be removed of one holds up nothing of the other. May be dropped
/// at any point.
pub(crate) async fn run(store: Store, objects: Objects) {
    let files = repeat("remove files that nobody needs", || round(&store, &objects, PATIENCE));
    let tries = repeat("remove tries of long ago", || tries(&store, TRIES_KEPT));
    tokio::join!(files, tries);
}

/// Has batches of this removed for ever, one after the other while there are whole ones.
async fn repeat<R>(work: &'static str, remove: impl Fn() -> R)
where
    R: Future<Output = anyhow::Result<usize>>,
{
    let mut rounds = Rounds::new(work, EVERY);
    loop {
        let removed = rounds.next(remove()).await.unwrap_or(0);
        let more = i64::try_from(removed).is_ok_and(|removed| removed >= BATCH);
        if !more {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Removes a batch of files that were left over for so long; returns how many. The file goes first: a row
/// without its file is found again, a file without its row never is.
pub async fn round(store: &Store, objects: &Objects, patience: Duration) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let left = uploads::left(&mut transaction, patience, BATCH).await?;
    store::commit(transaction).await?;
    let mut removed = Vec::with_capacity(left.len());
    let mut failure = None;
    for (id, key) in left {
        match objects.remove(&key).await {
            Ok(()) => removed.push(id),
            Err(error) => failure = Some(error),
        }
    }
    if !removed.is_empty() {
        let mut transaction = store.worker().await?;
        uploads::forget(&mut transaction, &removed).await?;
        store::commit(transaction).await?;
        metrics::counter!("axis_uploads_swept_total").increment(removed.len() as u64);
    }
    failure.map_or(Ok(removed.len()), |error| Err(error.into()))
}

/// Forgets a batch of tries that are so old and that nothing will ask for; returns how many.
pub async fn tries(store: &Store, age: Duration) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let forgotten = attempts::forget(&mut transaction, age, TRIES).await?;
    store::commit(transaction).await?;
    Ok(usize::try_from(forgotten)?)
}
