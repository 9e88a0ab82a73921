//! What travels between the programs: subjects, headers, message ids and payloads.
//!
//! | stream | subject | payload |
//! |---|---|---|
//! | `INBOUND` | `inbound.<account key>.<event>`, `….other` | Chatwoot's body, byte for byte but for the tokens of visitors' sessions; facts of its receipt in headers ([`Inbound`]), the event's name among them |
//! | `OUTBOUND` | `outbound.<tenant>.<command>` | [`WakeUp`]: a pointer to an outbox row |
//! | `ACTIVITY` | `activity.<tenant>.<type>` | [`Announcement`] |
//! | `DEAD_LETTER` | `dead-letter.<stream>.<reason>` | the message as it was; why in headers ([`DeadLetter`]) |
//!
//! `live.<tenant>.<what>` is ephemeral and stored nowhere. So is [`ReportRequest`] on `receivers.report`, which every
//! receiver answers with a [`Report`].

mod announcement;
mod dead_letter;
mod envelope;
mod inbound;
mod live;
mod report;
mod source;
pub mod subject;
mod trace;
mod wake_up;

pub use announcement::{
    Announcement, Row as AnnouncedRow, Rows as AnnouncementRows, Subject as AnnouncementSubject,
};
pub use dead_letter::DeadLetter;
pub use envelope::{Envelope, HeaderError, Headers};
pub use inbound::{Inbound, occurrence};
pub use live::{Live, PresenceState};
pub use report::{Refused, Report, ReportRequest, Waiting};
pub use source::Source;
pub use trace::TraceParent;
pub use wake_up::WakeUp;

/// The header by which a NATS server recognises repetitions: it drops a second message with the same value within its
/// window.
pub const MESSAGE_ID: &str = "Nats-Msg-Id";
