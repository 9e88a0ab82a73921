//! The streams, consumers and buckets as declared in `nats/`, how the server's differ from them, and what they
//! need of the server itself.
//!
//! [`apply`] creates what is missing and changes what differs. It never deletes or purges anything. [`check`]
//! only looks.

mod apply;
mod declaration;
mod room;
mod server;
mod state;
mod stuck;
mod watch;

pub use apply::{Applied, Change, Drift, Replicas, apply, check, with_more_replicas};
pub(crate) use room::max_bytes;
pub use room::{Purged, Room};
pub use state::{ConsumerState, Follower, Lane, StreamState};
pub use stuck::{Stuck, stuck};
pub use watch::Watch;

pub(crate) use declaration::{bucket, lane as lane_declaration, whole as whole_declaration};
pub(crate) use state::{Left, accounts_in, consumer_names};
