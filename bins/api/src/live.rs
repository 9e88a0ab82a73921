//! From `ACTIVITY` to the screens.
//!
//! ```text
//! ACTIVITY ──► tail ──► fan-out ──┬─► session ──► client     one tail per process,
//! live.>   ──► moments ───┘       ├─► session ──► client     one session per client
//!                                 └─► …
//! ```
//!
//! A session that resumes first joins the fan-out, which says at which position its share begins.
//! Then it reads from the stream what lies between the client's position and that one.

mod announcer;
mod endings;
mod fan_out;
mod frame;
mod history;
mod position;
mod session;
mod tail;

use axum::http::{HeaderMap, header};

pub(crate) use announcer::{Announcements, Announcer, announce};
pub(crate) use endings::Endings;
pub(crate) use fan_out::FanOut;
pub(crate) use frame::Filter;
pub(crate) use history::{History, InTurn};
#[cfg(test)]
pub(crate) use position::Position;
pub(crate) use position::Resume;
pub(crate) use session::{Session, Terms};
pub(crate) use tail::{follow, listen};

/// Whether a request asks for a live stream.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accepted| accepted.contains("text/event-stream"))
}
