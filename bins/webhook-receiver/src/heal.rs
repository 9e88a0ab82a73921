//! Publishes again what the stream may have lost.
//!
//! A NATS server that syncs lazily can lose the last of what it has acknowledged when its host dies. So when this
//! program connects to a run of a server that it has not seen before, it publishes again everything that the journal
//! still holds of what was ever handed out for publishing. The message ids are the same, so the stream drops what it
//! has already, unless it has had it for so long that it has forgotten the id. So what should be gone from the journal
//! by its age, and is there because the stream refused another event beside it, is not published again. The run is noted
//! in the journal, so that a restart of this program alone repeats nothing.
//!
//! In a cluster another run usually is another node, and what one node has lost the others have. There everything is
//! published again only if the stream lacks what it confirmed.
//!
//! A cluster can lose the end of a stream on two servers while this program is connected to the third, which shows
//! nowhere here. So the program checks periodically whether the stream still has what it confirmed
//! (`journal/confirmed.rs`), and publishes everything again if not. While that cannot be found out, nothing is removed
//! from the journal by age.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Publisher};
use events::subject;
use futures_util::stream::{self, StreamExt as _};
use service::retry::Policy;

use crate::journal::{Confirmed, Record, Shared};
use crate::publish::{MAX_REFUSED, refuse};

/// How many events are published at once: fewer than in normal publishing, which goes on meanwhile.
const IN_FLIGHT: usize = 128;
/// How often to check whether the stream has what it confirmed.
const LOOK: Duration = Duration::from_secs(10);
/// How long to try to find out whether another run of the server has everything: longer than a cluster takes to elect a
/// leader. After that, everything is published again.
const PATIENCE: Duration = Duration::from_mins(5);

/// Heals the stream after each restart of the server or loss of its end, for ever.
pub(crate) async fn run(journal: Arc<Shared>, bus: Bus) {
    let publisher = bus.publisher();
    let mut connections = bus.connections();
    let mut healed = journal.healed_server();
    loop {
        let count = *connections.borrow_and_update();
        if let Some(server) = bus.server_id().filter(|_| count > 0)
            && healed.as_ref() != Some(&server)
        {
            tokio::select! {
                () = heal(&journal, &bus, &publisher, &mut healed) => {}
                // A new connection, perhaps to yet another run of the server.
                Ok(()) = connections.changed() => continue,
            }
            journal.note_healed(&server);
            healed = Some(server);
        }
        tokio::select! {
            changed = connections.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(LOOK) => {
                if bus.connected() && lost_something(&journal, &bus).await {
                    // Before the next upkeep, which would remove by age.
                    journal.doubt();
                    healed = None;
                }
            }
        }
    }
}

/// Has the server that there is a connection to now have everything, however long that takes. `healed` is the run of
/// the server that had everything before, if any.
async fn heal(
    journal: &Arc<Shared>,
    bus: &Bus,
    publisher: &Publisher,
    healed: &mut Option<String>,
) {
    if healed.is_some() {
        let asked = tokio::time::timeout(PATIENCE, is_another_node(journal, bus));
        if asked.await.unwrap_or(false) {
            return;
        }
    }
    *healed = None;
    journal.doubt();
    pass(journal, publisher).await;
}

/// Whether the server is another node of a cluster whose stream has what it confirmed. Asks until the stream tells.
async fn is_another_node(journal: &Shared, bus: &Bus) -> bool {
    let mut failures = 0;
    loop {
        let asked = async {
            let in_cluster = bus.is_in_cluster(subject::INBOUND).await?;
            // Without anything to look for, nobody can tell.
            Ok::<_, BusError>(in_cluster && journal.looks_for_any() && !look(journal, bus).await?)
        };
        match asked.await {
            Ok(answer) => return answer,
            Err(error) => {
                tracing::debug!(%error, "cannot check whether another server has everything");
                failures += 1;
                tokio::time::sleep(Policy::NEAR.delay(failures)).await;
            }
        }
    }
}

/// Whether the stream is known to lack something that it confirmed.
async fn lost_something(journal: &Shared, bus: &Bus) -> bool {
    match look(journal, bus).await {
        Ok(lost) => {
            journal.note_looked(true);
            lost
        }
        Err(error) => {
            journal.note_looked(false);
            tracing::debug!(%error, "cannot check whether the stream has what it confirmed");
            false
        }
    }
}

async fn look(journal: &Shared, bus: &Bus) -> Result<bool, BusError> {
    for confirmed in journal.to_look_for() {
        let Confirmed { position, event } = confirmed;
        if bus.has_lost(subject::INBOUND, position, &event.to_string()).await? {
            tracing::warn!("the stream lost events that it had confirmed");
            return Ok(true);
        }
        journal.found(confirmed);
    }
    Ok(false)
}

/// Publishes everything that may be lost once more, however long that takes.
async fn pass(journal: &Arc<Shared>, publisher: &Publisher) {
    let counts = publish_all(journal, publisher).await;
    if counts.again > 0 {
        metrics::counter!("axis_journal_healed_total").increment(counts.missing);
        tracing::info!(
            events.published_again = counts.again,
            events.were_missing = counts.missing,
            "published again what the journal still holds, since NATS may have lost some of it"
        );
    }
}

#[derive(Debug, Default)]
struct Counts {
    /// Events that were published again.
    again: u64,
    /// How many of them the stream did not have, or received too long ago to know.
    missing: u64,
}

async fn publish_all(journal: &Arc<Shared>, publisher: &Publisher) -> Counts {
    let mut counts = Counts::default();
    let below = journal.handed_out();
    // A sync that hangs holds back what it is about, and nothing else.
    let on_disk = journal.settled_below().min(below);
    for sequences in [0..on_disk, on_disk..below] {
        if !sequences.is_empty() {
            publish_stretch(journal, publisher, sequences, &mut counts).await;
        }
    }
    counts
}

async fn publish_stretch(
    journal: &Arc<Shared>,
    publisher: &Publisher,
    sequences: Range<u64>,
    counts: &mut Counts,
) {
    let mut stretch = journal.stretch(sequences).await;
    loop {
        let (rest, mut records) = stretch.next().await;
        if records.is_empty() {
            return;
        }
        stretch = rest;
        journal.leave_what_may_be_lost(&mut records);
        let mut answers = stream::iter(records)
            .map(|record| publish(journal, publisher, record))
            .buffer_unordered(IN_FLIGHT);
        while let Some(was_missing) = answers.next().await {
            counts.again += 1;
            counts.missing += u64::from(was_missing);
        }
    }
}

/// Publishes an event until the stream has answered. Returns whether the stream lacked it.
async fn publish(journal: &Shared, publisher: &Publisher, record: Record) -> bool {
    let mut failures = 0;
    loop {
        match publisher.publish(record.inbound.envelope(record.body.clone())).await {
            Ok(stored) => {
                let (position, event) = (stored.sequence, record.inbound.id);
                journal.confirmed(Confirmed { position, event });
                journal.taken(record.sequence, stored.duplicate);
                return !stored.duplicate;
            }
            // This server may refuse what the previous one accepted.
            Err(error) if error.is_permanent() && journal.refused() < MAX_REFUSED => {
                refuse(journal, &record, &error);
                return false;
            }
            Err(_) => {
                failures += 1;
                tokio::time::sleep(Policy::NEAR.delay(failures)).await;
            }
        }
    }
}
