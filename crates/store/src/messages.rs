//! Messages: merged from snapshots, written by clients, and carried to Chatwoot.

mod apply;
mod carry;
mod compose;
mod held_up;
mod intervene;
mod link;
pub mod mirror;
mod numbers;
mod read;
mod redeliver;
mod remove;
mod unheard;
mod words;

pub use apply::*;
pub use carry::*;
pub use compose::*;
pub use held_up::*;
pub use intervene::*;
pub use link::*;
pub use numbers::*;
pub use read::*;
pub use redeliver::*;
pub use remove::*;
pub use unheard::*;
pub use words::*;
