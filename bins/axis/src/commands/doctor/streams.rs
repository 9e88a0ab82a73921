//! Does NATS answer, are the streams as declared, do they take anything, and does somebody read them?

use std::collections::HashSet;
use std::time::Duration;

use bus::streams::{self, Stuck};
use bus::{Bus, StreamState};
use events::subject;
use tokio::time::sleep;

use super::{Report, tls};
use crate::Place;
use crate::commands::streams::status::STREAMS;
use crate::place::UP;

/// Which streams need readers, and what to do without them.
const READERS: [(&str, &str); 2] =
    [(subject::INBOUND, "start a sync-worker"), (subject::OUTBOUND, "start an outbound-worker")];
/// How often to look: between two requests of a worker nobody seems to listen.
const LOOKS: usize = 6;
const PAUSE: Duration = Duration::from_millis(500);
const SERVERS: &str = "check the servers that NATS_URL points to; receivers acknowledge meanwhile";

/// What to do about streams that take nothing.
const RESTART: &str =
    "make room on the disk of NATS, then restart NATS (`axis up` restarts its own)";

const VERIFY: &str = "Write tls:// into NATS_URL";

/// Checks NATS. Returns it if it has all streams.
pub(super) async fn look(report: &mut Report, place: &Place) -> Option<Bus> {
    let config = report.heard("NATS", place.bus_config(), UP)?;
    let unverified = report.heard("NATS", config.unverified(), SERVERS)?;
    tls::look(report, "NATS", unverified, VERIFY).await;
    let bus = report.heard("NATS", place.bus().await, SERVERS)?;
    report.good("NATS", "it answers");
    let drift = report.heard("streams", streams::check(&bus).await, SERVERS)?;
    for one in &drift {
        report.wrong("streams", one.to_string(), one.mend());
    }
    if drift.iter().any(|one| one.field.is_none()) {
        return None;
    }
    if drift.is_empty() {
        report.good("streams", "all are as declared");
    }
    copies(report, &bus).await?;
    let stuck = report.heard("streams", streams::stuck(&bus).await, SERVERS)?;
    for Stuck { stream, why } in &stuck {
        let what = format!("{stream} takes and delivers nothing, although NATS answers: {why}");
        report.wrong("streams", what, RESTART);
    }
    if stuck.is_empty() {
        for (stream, mend) in READERS {
            readers(report, &bus, stream, mend).await?;
        }
    } else {
        // They may be there and wait for just that.
        let what = "whether they read is not told while a stream takes nothing";
        report.notice("workers", what.to_owned());
    }
    let letters = report.heard("dead letters", bus.dead_letters().count().await, SERVERS)?;
    if letters == 0 {
        report.good("dead letters", "there are none");
    } else {
        let what = format!("{letters} could not be processed");
        report.wrong("dead letters", what, "axis dead-letters list, fix the cause, redrive them");
    }
    let without = report.heard("dead letters", bus.dead_letters().without_room().await, SERVERS)?;
    for owner in without {
        let what = format!(
            "what {owner} sends gets no dead letters any more: it has filled its share of them"
        );
        report.wrong(
            "dead letters",
            what,
            "redrive or drop its dead letters, then axis replay --account … --from <when the first that got none \
             was received, as webhook_events says, or else the log>",
        );
    }
    Some(bus)
}

/// Reports which copies of streams are behind, in a cluster.
async fn copies(report: &mut Report, bus: &Bus) -> Option<()> {
    for stream in STREAMS {
        let state = report.heard("streams", bus.stream(stream).await, SERVERS)?;
        for copy in state.followers.iter().filter(|copy| !copy.current) {
            let what = format!("the copy of {stream} on {} is behind by {}", copy.name, copy.lag);
            report.notice("streams", what);
        }
    }
    Some(())
}

/// Checks whether every consumer of a stream is read.
async fn readers(report: &mut Report, bus: &Bus, stream: &str, mend: &str) -> Option<()> {
    let mut state = report.heard("workers", bus.stream(stream).await, SERVERS)?;
    let mut read = HashSet::new();
    for _ in 1..LOOKS {
        read.extend(listening(&state));
        if unread(&state, &read) == 0 {
            break;
        }
        sleep(PAUSE).await;
        let later = report.heard("workers", bus.stream(stream).await, SERVERS)?;
        read.extend(worked_off(&state, &later));
        state = later;
    }
    read.extend(listening(&state));
    let waiting: u64 = state.consumers.iter().map(|consumer| consumer.pending).sum();
    match (unread(&state, &read), state.consumers.len()) {
        (0, 0) if state.messages > 0 => {
            report.wrong("workers", format!("nobody has ever read {stream}"), mend);
        }
        (0, 0) => report.notice("workers", format!("nothing has ever come into {stream}")),
        (0, _) if waiting > 0 => {
            report.notice("workers", format!("{stream} is read, and {waiting} wait in it"));
        }
        (0, _) => report.good("workers", format!("{stream} is read")),
        (unread, all) => {
            let what = format!(
                "nobody reads {unread} of the {all} consumers of {stream}, where {waiting} wait"
            );
            report.wrong("workers", what, mend);
        }
    }
    Some(())
}

/// Consumers with an open request for messages. A worker that has its hands full makes none.
fn listening(state: &StreamState) -> impl Iterator<Item = String> {
    let listening = state.consumers.iter().filter(|consumer| consumer.waiting > 0);
    listening.map(|consumer| consumer.name.clone())
}

/// Consumers from which something was taken, or in which something was settled, between two looks.
fn worked_off(before: &StreamState, after: &StreamState) -> impl Iterator<Item = String> {
    let moved = after.consumers.iter().filter(|now| {
        before.consumers.iter().any(|then| {
            then.name == now.name
                && (now.pending < then.pending || now.ack_pending != then.ack_pending)
        })
    });
    moved.map(|consumer| consumer.name.clone())
}

/// Counts the consumers that nobody reads although there is something to read, or all of them if nobody reads
/// any. The consumer of an account that is no longer served stays for a while, with nothing in it.
fn unread(state: &StreamState, read: &HashSet<String>) -> usize {
    let left = state.consumers.iter().filter(|consumer| {
        !read.contains(&consumer.name)
            && (read.is_empty() || consumer.pending + consumer.ack_pending > 0)
    });
    left.count()
}
