//! The one thread that writes: it takes what waits, writes it in one go, hands it to the publisher, syncs once, and answers
//! everyone.
//!
//! The publisher does not wait for the disk. If the host loses its power before the sync is over, or the sync fails, an
//! event may be in the stream and not in the journal. It was not acknowledged then, and it did happen.
//!
//! A file whose write or sync failed is never written or synced again: the kernel may have dropped the pages, and a
//! second sync would report success. Its acknowledged part stays readable. A file that somebody has taken out of the
//! folder, or whose folder another receiver has taken, is left too. The group is tried once more in a new segment, and
//! only then refused.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use domain::in_words;
use events::Inbound;
use tokio::sync::{mpsc, oneshot};

use super::ledger::Segment;
use super::lock;
use super::measure::Groups;
use super::record::{self, Marker};
use super::segment::{self, PREAMBLE};
use super::{Activity, AppendError, Condition, Outgoing, Record, Shared};

#[cfg(test)]
mod tests;

/// An event that is to be appended.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) inbound: Inbound,
    pub(super) body: Bytes,
    pub(super) done: oneshot::Sender<Result<u64, AppendError>>,
    pub(super) waiter: Option<oneshot::Sender<()>>,
}

/// The most bytes, and records, that are synced together.
const GROUP_BYTES: usize = 8 * 1024 * 1024;
const GROUP_RECORDS: usize = 1024;
/// While events arrive in quick succession, a sync waits for `ENOUGH` of them, or until `GATHERING` after the last
/// group was begun, since each sync wakes every stage up to the screens.
const ENOUGH: usize = 16;
const GATHERING: Duration = Duration::from_millis(3);

/// Whether enough appends are queued behind the one in hand that the caller should wake the writer.
pub(super) fn enough(queue: &mpsc::Sender<Append>) -> bool {
    queue.max_capacity() - queue.capacity() + 1 >= ENOUGH
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Append>,
    active: Option<Active>,
    next: u64,
    groups: Groups,
    gathering: Duration,
    /// When the last group was begun.
    begun: Option<Instant>,
}

struct Active {
    first: u64,
    file: File,
    marker: Marker,
    path: PathBuf,
    bytes: u64,
}

impl Active {
    /// Fails if the file does not have its name any more: somebody removed it, or its folder, and what is written to it
    /// would be gone with this program.
    fn is_in_place(&self) -> io::Result<()> {
        if lock::is_named(&self.file, &self.path)? {
            return Ok(());
        }
        Err(io::Error::other("the segment's file was replaced"))
    }
}

impl Writer {
    /// Makes a writer. `next` has to be above every sequence that the journal ever had.
    pub(super) fn new(shared: Arc<Shared>, queue: mpsc::Receiver<Append>, next: u64) -> Self {
        let groups = Groups::register();
        Self { shared, queue, active: None, next, groups, gathering: GATHERING, begun: None }
    }

    /// Writes until the journal is dropped.
    pub(super) fn run(mut self) {
        let mut waiting = Vec::new();
        while self.queue.blocking_recv_many(&mut waiting, GROUP_RECORDS) > 0 {
            self.gather(&mut waiting);
            while !waiting.is_empty() {
                let group = group_length(&waiting);
                self.commit(waiting.drain(..group).collect());
            }
        }
    }

    /// Waits a little for more events, if a group was written just before.
    fn gather(&mut self, waiting: &mut Vec<Append>) {
        let until = self.begun.map(|begun| begun + self.gathering);
        while waiting.len() + self.queue.len() < ENOUGH
            && let Some(left) = until.and_then(|at| at.checked_duration_since(Instant::now()))
        {
            std::thread::park_timeout(left);
        }
        while waiting.len() < GROUP_RECORDS
            && let Ok(more) = self.queue.try_recv()
        {
            waiting.push(more);
        }
        self.begun = Some(Instant::now());
    }

    /// Refuses the events of tenants that have filled their share of the journal.
    fn admit(&self, group: Vec<Append>) -> Vec<Append> {
        let ledger = self.shared.ledger();
        if !ledger.is_scarce() {
            return group;
        }
        let mut over = HashMap::new();
        for append in &group {
            let tenant = append.inbound.tenant.clone();
            over.entry(tenant).or_insert_with_key(|tenant| ledger.has_its_share(tenant));
        }
        drop(ledger);
        let (refused, taken): (Vec<_>, _) =
            group.into_iter().partition(|append| over[&append.inbound.tenant]);
        for append in refused {
            let _ = append.done.send(Err(AppendError::Share));
        }
        taken
    }

    fn commit(&mut self, group: Vec<Append>) {
        self.shared.activity.send_replace(Activity::Writing(Instant::now()));
        let mut group = self.admit(group);
        if group.is_empty() {
            self.shared.activity.send_replace(Activity::Waiting);
            return;
        }
        let first_try = self.store(&mut group);
        let stored = match first_try {
            Err(Refused::Failed(error)) => {
                tracing::warn!(
                    error = in_words(&error),
                    "writing to the journal failed; trying again in a new segment"
                );
                self.shared.yield_room(&error, GROUP_BYTES as u64);
                self.store(&mut group)
            }
            stored => stored,
        };
        self.shared.activity.send_replace(Activity::Waiting);
        self.shared.settled_below.send_replace(self.next);
        match stored {
            Ok(stored) => {
                self.shared.report(Condition::Writable);
                self.acknowledge(group, stored);
            }
            Err(refused) => {
                let error = match refused {
                    Refused::Full => AppendError::Full,
                    Refused::Failed(error) => {
                        tracing::error!(
                            error = in_words(&error),
                            "the journal cannot be written: events are refused with 503"
                        );
                        AppendError::Unwritable
                    }
                };
                self.shared.report(Condition::of(error));
                for append in group {
                    let _ = append.done.send(Err(error));
                }
            }
        }
    }

    fn acknowledge(&self, mut group: Vec<Append>, stored: Stored) {
        let Stored { bytes, places, handed_over } = stored;
        if !handed_over {
            self.hand_over(&mut group, &bytes, &places);
        }
        for (append, place) in group.into_iter().zip(places) {
            let answer = place.map(|(sequence, _)| sequence).ok_or(AppendError::TooLarge);
            // Fails if the request was given up meanwhile.
            let _ = append.done.send(answer);
        }
    }

    /// Makes a group durable. Hands it to the publisher before that, unless memory would have to let go of something:
    /// what it has let go of is read from the disk, where only what is synced is found.
    fn store(&mut self, group: &mut [Append]) -> Result<Stored, Refused> {
        self.rotate_if_due();
        let mut active = match self.active.take() {
            Some(active) => active,
            None => self.open().map_err(Refused::Failed)?,
        };
        let first = self.next;
        let (bytes, places) = self.encode(active.marker, group);
        if !self.shared.make_room(bytes.len() as u64) {
            self.next = first;
            let has_records = active.bytes > PREAMBLE;
            self.active = Some(active);
            if has_records {
                // The segment may itself be published and in the way.
                self.seal();
            }
            return Err(Refused::Full);
        }
        let begun = Instant::now();
        let mut handed_over = false;
        let synced = active.file.write_all(&bytes).and_then(|()| {
            handed_over = self.shared.tail.has_room_for(places.len(), bytes.len());
            if handed_over {
                self.hand_over(group, &bytes, &places);
            }
            active.file.sync_data()?;
            active.is_in_place()?;
            // Behind the sync: whoever takes the folder later finds the group in it.
            self.shared.lock.check(&self.shared.dir)
        });
        if let Err(error) = synced {
            self.abandon(&active);
            return Err(Refused::Failed(error));
        }
        self.groups.synced(group.len(), begun.elapsed());
        active.bytes += bytes.len() as u64;
        {
            let mut ledger = self.shared.ledger();
            let Some(segment) = ledger.present(active.first) else {
                // A segment that was set aside cannot be relied on.
                return Err(Refused::Failed(io::Error::other("the segment was set aside")));
            };
            segment.end = self.next;
            segment.bytes = active.bytes;
            segment.settled_at = None;
            let mut begins = 0;
            for (append, place) in group.iter().zip(&places) {
                let Some((_, body)) = place else { continue };
                // A record ends with its body.
                segment.add(&append.inbound.tenant, (body.end - begins) as u64);
                begins = body.end;
            }
        }
        self.active = Some(active);
        Ok(Stored { bytes, places, handed_over })
    }

    /// Hands a group to the publisher.
    fn hand_over(&self, group: &mut [Append], bytes: &Bytes, places: &Places) {
        let records = group.iter().zip(places);
        let came = records.filter_map(|(append, place)| {
            place.as_ref().map(|(sequence, _)| (*sequence, &append.inbound))
        });
        self.shared.count_came(came);
        self.shared.tail.push(outgoing(group, bytes, places));
    }

    /// Encodes a group's records. Returns their bytes, and each record's sequence and the range of its body, or `None`
    /// for one that is too large.
    fn encode(&mut self, marker: Marker, group: &[Append]) -> (Bytes, Places) {
        let size = group.iter().map(|append| append.body.len() + 512).sum();
        let mut bytes = BytesMut::with_capacity(size);
        let places = group.iter().map(|append| {
            let sequence = self.next;
            let body =
                record::encode(marker, sequence, &append.inbound, &append.body, &mut bytes).ok()?;
            self.next += 1;
            Some((sequence, body))
        });
        let places = places.collect();
        (bytes.freeze(), places)
    }

    fn rotate_if_due(&mut self) {
        let Some(active) = &self.active else { return };
        if active.bytes > PREAMBLE && active.bytes >= self.shared.limits.segment_bytes {
            return self.seal();
        }
        let mut ledger = self.shared.ledger();
        ledger.seal_old(Instant::now());
        let closed = ledger.present(active.first).is_none();
        drop(ledger);
        if closed {
            self.active = None;
        }
    }

    /// Closes the segment that is written to.
    fn seal(&mut self) {
        if let Some(active) = self.active.take()
            && let Some(segment) = self.shared.ledger().present(active.first)
        {
            segment.sealed = true;
        }
    }

    fn open(&mut self) -> io::Result<Active> {
        self.shared.hold()?;
        let first = self.next;
        // Used up even if this fails, in case a file with this name cannot be removed.
        self.next += 1;
        let (file, marker, path) = segment::create(&self.shared.dir, first)?;
        self.shared.ledger().segments.push_back(Segment {
            first,
            end: first,
            bytes: PREAMBLE,
            shares: HashMap::new(),
            path: path.clone(),
            opened: Instant::now(),
            sealed: false,
            settled_at: None,
        });
        Ok(Active { first, file, marker, path, bytes: PREAMBLE })
    }

    /// Gives up a segment whose end is in doubt. Its acknowledged part stays, and the rest too if the folder is not this
    /// receiver's any more.
    fn abandon(&self, active: &Active) {
        let held = self.shared.hold().is_ok();
        let mut ledger = self.shared.ledger();
        if ledger.present(active.first).is_none() {
            // Set aside meanwhile.
        } else if active.bytes == PREAMBLE {
            ledger.segments.pop_back();
            drop(ledger);
            // Nothing in it was acknowledged, and its name would end a segment of whoever has the folder now.
            if held || lock::is_named(&active.file, &active.path).unwrap_or(false) {
                super::remove(&active.path);
            }
        } else if let Some(segment) = ledger.segments.back_mut() {
            segment.sealed = true;
            drop(ledger);
            // Frees the room of what was not acknowledged. If this fails, that is published after the next start,
            // which is harmless, since the events did happen.
            if held {
                let _ = active.file.set_len(active.bytes);
            }
        }
    }
}

impl Drop for Writer {
    /// Reports the end of the writer, even if it panicked.
    fn drop(&mut self) {
        self.shared.settled_below.send_replace(u64::MAX);
        self.shared.activity.send_replace(Activity::Ended);
    }
}

type Places = Vec<Option<(u64, Range<usize>)>>;

struct Stored {
    bytes: Bytes,
    places: Places,
    /// Whether the publisher has it already.
    handed_over: bool,
}

/// A group's records for the publisher. They share the group's buffer.
fn outgoing<'a>(
    group: &'a mut [Append],
    bytes: &'a Bytes,
    places: &'a Places,
) -> impl Iterator<Item = Outgoing> + 'a {
    group.iter_mut().zip(places).filter_map(|(append, place)| {
        let (sequence, body) = place.clone()?;
        let body = bytes.slice(body);
        let record = Record { sequence, inbound: append.inbound.clone(), body };
        Some(Outgoing { record, waiter: append.waiter.take() })
    })
}

enum Refused {
    Full,
    Failed(io::Error),
}

/// How many of the waiting events are written together: at least one.
fn group_length(waiting: &[Append]) -> usize {
    let mut bytes = 0;
    let fits = |append: &&Append| {
        bytes += append.body.len();
        bytes <= GROUP_BYTES
    };
    waiting.iter().take_while(fits).count().max(1)
}
