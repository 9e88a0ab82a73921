//! Reading a body: bounded in length, in time, and in what all requests hold together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;

/// How many bytes of bodies all requests in hand may hold together.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::Busy)?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).map_err(|_| Refusal::Busy)
    }
}

/// A whole body, and its share of the budget until it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Reads a body to its end.
pub(super) async fn read(
    body: Body,
    limit: usize,
    patience: Duration,
    budget: &Budget,
) -> Result<Received, Refusal> {
    let announced = body.size_hint().lower();
    let mut chunks = body.into_data_stream();
    let reading = async {
        let received = if announced > limit as u64 {
            Err(Refusal::TooLarge { limit })
        } else {
            read_all(&mut chunks, announced, limit, budget).await
        };
        if let Err(Refusal::TooLarge { .. }) = received {
            discard(&mut chunks, 2 * limit).await;
        }
        received
    };
    tokio::time::timeout(patience, reading).await.map_err(|_| Refusal::Slow)?
}

/// Reads on for a while without keeping anything: whoever is still sending when the connection
/// closes gets an error of the connection instead of the answer.
async fn discard(chunks: &mut BodyDataStream, most: usize) {
    let mut read = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        read += chunk.len();
        if read > most {
            return;
        }
    }
}

async fn read_all(
    chunks: &mut BodyDataStream,
    announced: u64,
    limit: usize,
    budget: &Budget,
) -> Result<Received, Refusal> {
    let mut share: Option<OwnedSemaphorePermit> = None;
    let mut take = |length: usize, had: usize| {
        if had + length > limit {
            return Err(Refusal::TooLarge { limit });
        }
        let more = budget.take(length)?;
        match &mut share {
            Some(share) => share.merge(more),
            None => share = Some(more),
        }
        Ok(())
    };

    // Most bodies come in one piece, which is then used as it is.
    let Some(first) = chunks.next().await else {
        return Ok(Received { bytes: Bytes::new(), _share: None });
    };
    let first = first.map_err(|_| Refusal::Broken)?;
    take(first.len(), 0)?;
    let Some(second) = chunks.next().await else {
        return Ok(Received { bytes: first, _share: share });
    };
    let capacity = usize::try_from(announced).unwrap_or(limit).max(first.len());
    let mut whole = BytesMut::with_capacity(capacity);
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|_| Refusal::Broken)?;
        take(chunk.len(), whole.len())?;
        whole.extend_from_slice(&chunk);
        next = chunks.next().await;
    }
    Ok(Received { bytes: whole.freeze(), _share: share })
}
