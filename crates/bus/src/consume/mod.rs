//! Taking messages from a durable consumer, handing them to a [`Handler`] and settling them.
//!
//! A lane goes round by itself, with up to `concurrency` batches in hand:
//!
//! ```text
//! pull a batch ──► handle it (in a task of its own, kept alive) ──► settle each message
//!      ▲     │     handle it ────────────────────────────────────► settle each message
//!      └─────┘
//! ```
//!
//! It asks for a batch only when it may take one more in hand, and has room for a whole one, so no more
//! than `room` messages are ever held, and none waits here while its time to be settled runs out. Nor are
//! more bytes held than two batches may have (`pull.rs`), however large the messages are, and by all lanes
//! together no more than `budget.rs` says and a few for each.
//!
//! Commands have one lane. Events have one for each account (`lanes.rs`), so that what an account
//! sends, or fails at, holds up nobody else; an idle lane costs one request that waits at the server.

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

use crate::shares::Shares;
use crate::{Bus, BusError};

/// Any error; its text and those of its sources are logged.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A message as a handler gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it was published to.
    pub subject: String,
    /// Its headers.
    pub headers: Headers,
    /// Its bytes.
    pub payload: Bytes,
    /// Its position in the stream.
    pub sequence: u64,
    /// Which delivery of it this is, from 1.
    pub attempt: u64,
    /// When the stream got it.
    pub published_at: DateTime<Utc>,
}

/// Why a message was not processed, and so what happens to it.
#[derive(Debug)]
pub enum Failure {
    /// It comes again after the consumption's delay.
    Retry(BoxError),
    /// It comes again after this delay.
    RetryAfter(Duration, BoxError),
    /// It can never be processed: it goes to `DEAD_LETTER`.
    Reject {
        /// A word for the kind of failure, one token of a subject: `undecodable`, …
        reason: &'static str,
        /// The failure.
        error: BoxError,
    },
}

/// What became of a message.
pub type Outcome = Result<(), Failure>;

/// Processes messages. It must bear being given one twice.
pub trait Handler: Send + Sync + 'static {
    /// Processes a batch, never an empty one, all of it from one lane. One outcome per delivery, in
    /// the same order.
    fn handle(&self, batch: Vec<Delivery>) -> impl Future<Output = Vec<Outcome>> + Send;
}

/// The durable consumers declared in `nats/consumers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// Events of Chatwoot; a lane for each account.
    SyncWorker,
    /// Commands to Chatwoot.
    OutboundWorker,
}

impl Consumer {
    /// The durable's name: that of the program that reads it. A lane's has the account's key behind
    /// it.
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
    /// From where.
    pub consumer: Consumer,
    /// At most so many messages in one batch. It is what the stream has at that moment: one message when
    /// quiet, full when busy.
    pub batch: usize,
    /// So many batches in hand at the same time, in each lane.
    pub concurrency: usize,
    /// At most so many messages in hand at the same time, in each lane, if one batch is not more: a few
    /// batches that are full, or many that are not.
    pub room: usize,
    /// How long until a message comes again whose attempt, counted from 1, was the given one.
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
    /// Consumes until `shutdown`, then finishes the batches in hand and returns. Outages of the
    /// server, its restart, and the consumer's absence are waited out.
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
        if consumption.consumer.has_lanes() {
            Box::pin(Lanes::new(self.clone(), consumption, handler, shutdown).run()).await?;
        } else {
            let durable = Durable::whole(consumption.consumer);
            let lane = Lane::new(self.clone(), consumption, durable, handler, Arc::default());
            Box::pin(lane.run(shutdown)).await?;
        }
        self.flush().await;
        Ok(())
    }
}
