//! Removes what nobody needs any more: files without a message, left by failed requests and by messages that were taken
//! back or deleted, old tries, answers that were kept for requests that might be sent again, and tickets that nobody used.

use std::time::Duration;

use objects::Objects;
use store::uploads::Left;
use store::{Store, attempts, idempotency, stream_tickets, uploads};

use crate::rounds::Rounds;

/// How long a file may wait for its message, which is far longer than a request may take.
const PATIENCE: Duration = Duration::from_hours(1);
/// The time between two rounds.
const EVERY: Duration = Duration::from_mins(10);
/// How long tries are kept, for people who want to know how something went.
const TRIES_KEPT: Duration = Duration::from_hours(90 * 24);
/// The most files that are removed in a round.
const BATCH: i64 = 100;
/// The most tries that are looked at in a round, from the oldest on, including those that stay.
const TRIES: i64 = 1_000;
/// The most answers that are removed in a round.
const ANSWERS: i64 = 1_000;
/// The most tickets that are removed in a round.
const TICKETS: i64 = 1_000;

/// Removes files, tries, answers and tickets periodically, for ever. If one of them cannot be removed, the others still are.
/// Cancel safe.
pub(crate) async fn run(store: Store, objects: Objects) {
    let files = repeat("remove files that nobody needs", || round(&store, &objects, PATIENCE));
    let tries = repeat("remove tries of long ago", || tries(&store, TRIES_KEPT));
    let answers = repeat("remove answers that have expired", || answers(&store));
    let tickets = repeat("remove tickets that have expired", || tickets(&store));
    tokio::join!(files, tries, answers, tickets);
}

/// Removes batches for ever, one right after the other while they are full.
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

/// Removes a batch of files that no message needs any more, or that waited for one for longer than `patience`. Returns
/// how many. The file is removed before its row: a row without its file is found again, a file without its row never is.
pub async fn round(store: &Store, objects: &Objects, patience: Duration) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let mut left = uploads::left(&mut transaction, patience, BATCH).await?;
    store::commit(transaction).await?;
    let mut removed = Vec::with_capacity(left.len());
    let mut failure = None;
    // What was stored tells whether the place is away, and what may never have been stored does not.
    left.sort_by_key(|file| !file.stored);
    for Left { id, key, stored } in left {
        let gone =
            if stored { objects.remove_stored(&key).await } else { objects.remove(&key).await };
        match gone {
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

/// Removes tries that are older than `age` and not needed any more, among a batch of the oldest. Returns how many.
pub async fn tries(store: &Store, age: Duration) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let forgotten = attempts::forget(&mut transaction, age, TRIES).await?;
    store::commit(transaction).await?;
    Ok(usize::try_from(forgotten)?)
}

/// Removes a batch of answers that are not given again. Returns how many.
async fn answers(store: &Store) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let forgotten = idempotency::forget(&mut transaction, ANSWERS).await?;
    store::commit(transaction).await?;
    Ok(usize::try_from(forgotten)?)
}

/// Removes a batch of tickets that open nothing any more. Returns how many.
async fn tickets(store: &Store) -> anyhow::Result<usize> {
    let mut transaction = store.worker().await?;
    let forgotten = stream_tickets::forget(&mut transaction, TICKETS).await?;
    store::commit(transaction).await?;
    Ok(usize::try_from(forgotten)?)
}
