//! Takes messages from a durable consumer, hands them to a [`Handler`] and settles them.
//!
//! Each lane goes round on its own, with up to `concurrency` batches in hand:
//!
//! ```text
//! pull a batch ──► handle it (in a task of its own, kept alive) ──► settle each message
//!      ▲     │     handle it ────────────────────────────────────► settle each message
//!      └─────┘
//! ```
//!
//! A lane asks for a batch only when it may take one more in hand and has room for a whole one. So it never holds
//! more than `room` messages, and none sits here while its time to be settled runs out. Nor does a lane hold more
//! bytes than two batches may have (`pull.rs`), however large the messages are. All lanes together hold no more
//! than `budget.rs` allows and a few for each.
//!
//! Commands have one lane. Events have one lane per account (`lanes.rs`), so that what an account sends, or fails
//! at, holds up nobody else. An idle lane costs one request that waits at the server.

mod again;
mod budget;
mod bury;
mod durable;
mod handle;
mod health;
mod lane;
mod lanes;
mod left;
mod mark;
mod message;
mod pull;
mod rewind;
mod settle;
mod stand_in;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use events::Headers;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use budget::Budget;
pub(crate) use durable::{Durable, lane_prefix};
use health::Health;
use lane::Lane;
use lanes::Lanes;
pub(crate) use stand_in::is_one as is_stand_in;

use crate::shares::Shares;
use crate::{Bus, BusError};

/// Any error. Its text and those of its sources are logged.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A message as it is handed to a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The subject it was published to.
    pub subject: String,
    /// Its headers.
    pub headers: Headers,
    /// Its bytes.
    pub payload: Bytes,
    /// Its position in the stream.
    pub sequence: u64,
    /// Which delivery of it this is, from 1. Counts from 2 if it may have been delivered before the consumer was made
    /// anew.
    pub attempt: u64,
    /// When the stream received it.
    pub published_at: DateTime<Utc>,
}

/// Why a message was not processed, which decides what happens to it.
#[derive(Debug)]
pub enum Failure {
    /// It is redelivered after the consumption's delay.
    Retry(BoxError),
    /// It is redelivered after this delay.
    RetryAfter(Duration, BoxError),
    /// It can never be processed: it goes to `DEAD_LETTER`.
    Reject {
        /// The kind of failure, as a single subject token: `undecodable`, …
        reason: &'static str,
        /// The failure.
        error: BoxError,
        /// Whether the handler has recorded that, so that something is known of a message which gets no dead letter.
        recorded: bool,
    },
}

/// What became of a message.
pub type Outcome = Result<(), Failure>;

/// Processes messages. Has to tolerate being given a message twice.
pub trait Handler: Send + Sync + 'static {
    /// Processes a batch, which is never empty and all from one lane. Returns one outcome per delivery, in order.
    fn handle(&self, batch: Vec<Delivery>) -> impl Future<Output = Vec<Outcome>> + Send;
}

/// The durable consumers declared in `nats/consumers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// Events of Chatwoot, with a lane for each account.
    SyncWorker,
    /// Commands to Chatwoot.
    OutboundWorker,
}

impl Consumer {
    /// The durable's name, which is that of the program that reads it. A lane's name has the account's key appended.
    pub fn name(self) -> &'static str {
        match self {
            Self::SyncWorker => "sync-worker",
            Self::OutboundWorker => "outbound-worker",
        }
    }

    /// Whether each account has a consumer of its own.
    pub(crate) fn has_lanes(self) -> bool {
        matches!(self, Self::SyncWorker)
    }

    /// The stream that it reads.
    pub fn stream(self) -> &'static str {
        match self {
            Self::SyncWorker => events::subject::INBOUND,
            Self::OutboundWorker => events::subject::OUTBOUND,
        }
    }
}

/// How to consume.
#[derive(Debug, Clone, Copy)]
pub struct Consumption {
    /// The consumer to take messages from.
    pub consumer: Consumer,
    /// The most messages in a batch. A batch is what the stream has at that moment: a single message when quiet, a
    /// full batch when busy.
    pub batch: usize,
    /// How many batches each lane may have in hand at the same time.
    pub concurrency: usize,
    /// The most messages that each lane has in hand at the same time, or one batch if that is more: a few full
    /// batches, or many small ones.
    pub room: usize,
    /// How long to wait before redelivering a message, by the number of the failed attempt, counted from 1.
    pub retry_delay: fn(attempt: u64) -> Duration,
}

/// What the lanes of a consumption share.
#[derive(Default)]
pub(crate) struct Common {
    health: Arc<Health>,
    shares: Shares,
    budget: Budget,
}

impl Bus {
    /// Consumes until `shutdown`, then finishes the batches in hand and returns. Waits out outages and restarts of the
    /// server, and the absence of the consumer. Fails only if a task crashed, also one of the client library.
    pub async fn consume<H: Handler>(
        &self,
        consumption: Consumption,
        handler: H,
        shutdown: CancellationToken,
    ) -> Result<(), BusError> {
        settle::count_from_zero(consumption.consumer.name());
        let looking = tokio::spawn(left::measure(self.clone(), consumption.consumer));
        let _looking = AbortOnDropHandle::new(looking);
        let handler = Arc::new(handler);
        let consuming = async {
            if consumption.consumer.has_lanes() {
                Box::pin(Lanes::new(self.clone(), consumption, handler, shutdown).run()).await
            } else {
                let durable = Durable::whole(consumption.consumer);
                let lane = Lane::new(self.clone(), consumption, durable, handler, Arc::default());
                Box::pin(lane.run(shutdown)).await
            }
        };
        tokio::select! {
            consumed = consuming => consumed?,
            () = self.ended() => return Err(BusError::Crashed("the NATS client has ended".into())),
        }
        self.flush().await;
        Ok(())
    }
}
