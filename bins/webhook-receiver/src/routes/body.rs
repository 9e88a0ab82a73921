//! Reads request bodies, within bounds on their length, on their time, and on the bytes that all requests hold
//! together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::refusal::Refusal;

/// A body counts as small if its announced length is at most this.
const SMALL: u64 = 64 * 1024;

/// The bytes that all bodies in hand may hold together, and further ones that are reserved for small bodies once the
/// others have taken these.
#[derive(Debug)]
pub(super) struct Bodies {
    any: Arc<Semaphore>,
    small: Arc<Semaphore>,
}

impl Bodies {
    pub(super) fn new(any: usize, small: usize) -> Self {
        Self { any: Arc::new(Semaphore::new(any)), small: Arc::new(Semaphore::new(small)) }
    }
}

/// The bytes that bodies in hand may hold: those of all requests, and those of one sender, so that no sender uses up
/// everything.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    pub(super) all: Arc<Bodies>,
    pub(super) senders: Arc<Semaphore>,
}

impl Budget {
    fn take(&self, bytes: usize, is_small: bool) -> Result<Share, Refusal> {
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::Busy)?;
        let take = |of: &Arc<Semaphore>| {
            Arc::clone(of).try_acquire_many_owned(bytes).map_err(|_| Refusal::Busy)
        };
        let senders = take(&self.senders)?;
        let all = take(&self.all.any)
            .or_else(|busy| if is_small { take(&self.all.small) } else { Err(busy) })?;
        Ok(Share { senders, all: vec![all] })
    }
}

/// Bytes that were taken from both budgets.
struct Share {
    senders: OwnedSemaphorePermit,
    /// Of either kind, depending on which was free.
    all: Vec<OwnedSemaphorePermit>,
}

impl Share {
    fn merge(&mut self, more: Self) {
        self.senders.merge(more.senders);
        self.all.extend(more.all);
    }
}

/// A body and its share of the budget. The share is given back when nobody uses the bytes any more: perhaps the journal
/// still does, long after the request was given up. An empty body has none.
pub(super) struct Received {
    bytes: Vec<u8>,
    share: Option<Share>,
}

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Received {
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.share.is_some() { Bytes::from_owner(self) } else { Bytes::new() }
    }
}

/// Reads a body to its end. Fails if it is longer than `limit` bytes, takes longer than `patience`, or finds no room.
pub(super) async fn read(
    body: Body,
    limit: usize,
    patience: Duration,
    budget: &Budget,
) -> Result<Received, Refusal> {
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(Refusal::TooLarge { limit });
    }
    let mut chunks = body.into_data_stream();
    let reading = read_all(&mut chunks, announced, limit, budget);
    timeout(patience, reading).await.unwrap_or(Err(Refusal::Slow))
}

async fn read_all(
    chunks: &mut BodyDataStream,
    announced: u64,
    limit: usize,
    budget: &Budget,
) -> Result<Received, Refusal> {
    let ceiling = match usize::try_from(announced) {
        Ok(announced @ 1..) => announced,
        _ => limit,
    };
    let is_small = (1..=SMALL).contains(&announced);
    let mut bytes = Vec::new();
    let mut share: Option<Share> = None;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::Broken)?;
        let needed = bytes.len() + chunk.len();
        if needed > limit {
            return Err(Refusal::TooLarge { limit });
        }
        let had = share.as_ref().map_or(0, |share| share.senders.num_permits());
        if needed > had {
            // Announcing a length costs the sender nothing, so room is taken only as the body arrives.
            let room = ceiling.min(2 * had).max(needed);
            let more = budget.take(room - had, is_small)?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            bytes.reserve_exact(room - bytes.len());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Received { bytes, share })
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, stream};

    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    /// What is made of a body.
    async fn receive(body: Body, budget: &Budget) -> Result<Bytes, Refusal> {
        read(body, 100, PATIENCE, budget).await.map(Received::into_bytes)
    }

    fn budget(all: usize, senders: usize) -> Budget {
        let all = Arc::new(Bodies::new(all, 0));
        Budget { all, senders: Arc::new(Semaphore::new(senders)) }
    }

    fn left(budget: &Budget) -> usize {
        let (all, senders) =
            (budget.all.any.available_permits(), budget.senders.available_permits());
        assert_eq!(all, senders);
        all
    }

    #[tokio::test]
    async fn a_sender_gets_its_own_part_and_no_more_than_is_left_of_all() {
        let mine = budget(100, 50);
        let others = Budget { senders: Arc::new(Semaphore::new(60)), ..mine.clone() };
        let body = |length| Body::from(vec![b'x'; length]);
        let held = receive(body(50), &mine).await.unwrap();
        assert_eq!(receive(body(1), &mine).await, Err(Refusal::Busy));
        let theirs = receive(body(50), &others).await.unwrap();
        assert_eq!(receive(body(1), &others).await, Err(Refusal::Busy));
        drop((held, theirs));
        assert_eq!(mine.all.any.available_permits(), 100);
        assert_eq!(others.senders.available_permits(), 60, "what was refused holds nothing");
        assert_eq!(mine.senders.available_permits(), 50);
    }

    #[tokio::test]
    async fn small_bodies_find_room_where_others_have_taken_all() {
        let all = Arc::new(Bodies::new(100, 30));
        let budget = Budget { all, senders: Arc::new(Semaphore::new(1000)) };
        let of_unknown_length =
            |length| Body::from_stream(stream::iter([Ok::<_, std::io::Error>(vec![b'x'; length])]));
        let held = receive(of_unknown_length(90), &budget).await.unwrap();
        assert_eq!(receive(of_unknown_length(20), &budget).await, Err(Refusal::Busy));
        let small = receive(Body::from(vec![b'x'; 20]), &budget).await.unwrap();
        assert_eq!(receive(Body::from(vec![b'x'; 11]), &budget).await, Err(Refusal::Busy));
        drop((held, small));
        let Bodies { any, small } = &*budget.all;
        assert_eq!((any.available_permits(), small.available_permits()), (100, 30));
    }

    #[tokio::test]
    async fn a_share_is_held_until_the_last_who_uses_the_body_is_done() {
        for body in [
            Body::from(vec![b'x'; 60]),
            Body::from_stream(stream::iter(vec![
                Ok::<_, std::convert::Infallible>(vec![b'x'; 20]);
                3
            ])),
        ] {
            let budget = budget(100, 100);
            let bytes = receive(body, &budget).await.unwrap();
            assert_eq!(bytes, vec![b'x'; 60]);
            let journals = bytes.clone();
            drop(bytes);
            assert!(left(&budget) <= 40, "the journal has not written it yet");
            drop(journals);
            assert_eq!(left(&budget), 100);
        }
    }

    #[tokio::test]
    async fn a_body_is_too_large_however_slow_its_rest_is() {
        let begun = stream::iter([Ok::<_, std::io::Error>(vec![b'x'; 101])]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        let patience = Duration::from_millis(10);
        let refusal = read(body, 100, patience, &budget(1000, 1000)).await.err();
        assert_eq!(refusal, Some(Refusal::TooLarge { limit: 100 }));
    }

    #[tokio::test]
    async fn room_is_paid_for_and_follows_what_has_come() {
        let budget = budget(1000, 1000);
        let begun = stream::iter([Ok::<_, std::io::Error>(vec![b'x'; 10]), Ok(vec![b'x'; 10])]);
        let mut chunks = Body::from_stream(begun.chain(stream::pending())).into_data_stream();
        let mut reading = Box::pin(read_all(&mut chunks, 1000, 1000, &budget));
        assert!((&mut reading).now_or_never().is_none());
        assert_eq!(left(&budget), 980, "980 bytes were announced and never came");
        drop(reading);
        assert_eq!(left(&budget), 1000);
    }
}
