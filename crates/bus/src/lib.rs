//! NATS JetStream for all programs: publishing, consuming, settling and dead-lettering.
//!
//! ```no_run
//! # async fn example(handler: impl bus::Handler) -> Result<(), Box<dyn std::error::Error>> {
//! use bus::{Bus, Config, Consumer, Consumption};
//! use std::time::Duration;
//!
//! let bus = Bus::connect(&Config::to_url("nats://127.0.0.1:4222"), "sync-worker").await?;
//! bus.require_streams().await?;
//! let consumption = Consumption {
//!     consumer: Consumer::SyncWorker,
//!     batch: 100,
//!     concurrency: 2,
//!     room: 200,
//!     retry_delay: |attempt| Duration::from_secs(attempt.min(60)),
//! };
//! bus.consume(consumption, handler, Default::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A handler decides what became of each message and never sees an acknowledgement:
//!
//! | outcome | what the bus does |
//! |---|---|
//! | `Ok` | acknowledges |
//! | [`Failure::Retry`] | asks for redelivery after the consumption's delay |
//! | [`Failure::RetryAfter`] | asks for redelivery after the given delay |
//! | [`Failure::Reject`] | publishes it to `DEAD_LETTER` if its tenant has a share left there and it fits, then ends its delivery |
//! | a panic | as `Retry`, for the whole batch |
//!
//! The server never gives up on a message (`max_deliver` is -1), so an outage of the database or
//! the network uses up no attempts.

mod api;
mod ask;
mod channel;
mod config;
mod connection;
mod consume;
mod dead_letters;
mod error;
mod headers;
mod high_water;
mod history;
mod in_place;
mod live;
mod pauses;
mod publish;
mod read;
mod shares;
mod sources;
pub mod streams;
mod tail;
#[cfg(test)]
mod testing;
mod time;

pub use ask::Question;
pub use config::Config;
pub use connection::Bus;
pub use consume::{BoxError, Consumer, Consumption, Delivery, Failure, Handler, Outcome};
pub use dead_letters::{DeadLetters, OldestFirst, RedriveError, Redriven, StoredDeadLetter};
pub use error::{BusError, ConnectError, PublishError};
pub use high_water::{HighWater, Mark};
pub use history::{History, Past};
pub use live::LiveMessage;
pub use publish::{Published, Publisher, UnderWay};
pub use sources::{SourceChange, SourceEntry, Sources};
pub use streams::{
    Applied, Change, ConsumerState, Drift, Follower, Lane, Purged, Replicas, Room, StreamState,
};
pub use tail::{Most, Part, TailStart, Tailed};

/// The largest message a server has to accept, headers included, in bytes (`max_payload`).
pub const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

/// The largest body that a receiver may put into `INBOUND`, in bytes. The rest of [`MAX_MESSAGE_BYTES`] is room
/// for headers, including those that a dead letter adds.
pub const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - 64 * 1024;
