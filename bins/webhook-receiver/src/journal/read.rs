//! Reads journals.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use super::mark::Mark;
use super::segment::{self, Scan};
use super::{Record, Shared};

/// A record of a journal that is being inspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The record.
    pub record: Record,
    /// Whether the stream is known to have it. The mark is written about once a second, so a running receiver may be
    /// ahead of this.
    pub published: bool,
}

/// Reads a journal's records, oldest first, without changing anything. Its receiver may be running. Skips damaged
/// records, and what the disk does not give.
pub fn read(dir: &Path) -> io::Result<impl Iterator<Item = io::Result<Inspected>> + use<>> {
    let mark = Mark::read(dir);
    let mut segments: VecDeque<(u64, PathBuf, u64)> = segment::list(dir)?.into();
    let mut scan: Option<Scan> = None;
    let mut next = move || -> io::Result<Option<Record>> {
        loop {
            if let Some(open) = &mut scan {
                if let Some(record) = open.next_record()? {
                    return Ok(Some(record));
                }
                scan = None;
            }
            let Some((_, path, length)) = segments.pop_front() else { return Ok(None) };
            scan = match Scan::open(&path, length) {
                // Removed by its receiver since the folder was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => opened?,
            };
            if let Some(open) = &mut scan {
                open.step_over_failures();
            }
        }
    };
    Ok(std::iter::from_fn(move || next().transpose()).map(move |record| {
        let record = record?;
        let published = mark.is_published(record.sequence);
        Ok(Inspected { record, published })
    }))
}

/// Reads the acknowledged records of the open journal from a sequence on, in pieces.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The lowest sequence that may come next.
    next: u64,
    open: Option<Open>,
    /// The segment in which what the disk does not give is taken for damage.
    steps_over_in: Option<u64>,
}

/// A failure to read a segment.
#[derive(Debug)]
pub(super) struct Failed {
    /// The segment's first sequence.
    pub(super) segment: u64,
    /// Whether it begins like a segment, so that what is behind the failure can be found.
    pub(super) begins: bool,
    pub(super) error: io::Error,
}

/// A segment being read.
#[derive(Debug)]
struct Open {
    first: u64,
    /// Above every sequence in the part that may be read.
    end: u64,
    scan: Scan,
    /// How many bytes of the acknowledged part are known not to be records, or none that this version understands.
    unread: u64,
}

impl Cursor {
    pub(super) fn at(next: u64) -> Self {
        Self { next, open: None, steps_over_in: None }
    }

    /// From now on takes what the disk does not give of this segment for damage. Returns whether that is new.
    pub(super) fn step_over_failures_in(&mut self, segment: u64) -> bool {
        self.steps_over_in.replace(segment) != Some(segment)
    }

    /// Reads the next records below `below`: about `max_bytes` of them, or none if there are no more. Fails only once
    /// everything before the failure has been returned. Blocks on the disk.
    pub(super) fn read(
        &mut self,
        journal: &Shared,
        below: u64,
        max_bytes: usize,
    ) -> Result<Vec<Record>, Failed> {
        let mut records = Vec::new();
        let mut bytes = 0;
        while bytes < max_bytes && self.next < below {
            let open = match self.segment(journal) {
                Ok(Some(open)) => open,
                Ok(None) => {
                    self.next = below;
                    break;
                }
                Err(_) if !records.is_empty() => break,
                Err(failed) => return Err(failed),
            };
            let (first, end) = (open.first, open.end);
            let record = match open.scan.next_record() {
                Ok(record) => record,
                Err(error) => {
                    // The position in the file is unknown now.
                    self.open = None;
                    if records.is_empty() {
                        return Err(Failed { segment: first, begins: true, error });
                    }
                    break;
                }
            };
            let unread = if record.is_none() { open.scan.left() } else { 0 };
            let unread = open.scan.damaged + open.scan.foreign + unread;
            if unread > open.unread {
                open.unread = unread;
                journal.keep(first, unread);
            }
            match record {
                Some(record) if record.sequence >= end => {
                    // Written, and never acknowledged, by a receiver that had lost the folder. The next segment begins
                    // with this sequence.
                    self.open = None;
                    self.next = end;
                }
                Some(record) if record.sequence >= below => {
                    // Read too far: to read this record, its segment is opened again.
                    self.open = None;
                    self.next = below;
                }
                Some(record) if record.sequence >= self.next => {
                    self.next = record.sequence + 1;
                    bytes += record.body.len() + 512;
                    records.push(record);
                }
                Some(_) => {}
                None => self.next = end,
            }
        }
        Ok(records)
    }

    /// Opens the segment that holds the next sequence, or else the first one after it. Returns `None` if there is none.
    fn segment(&mut self, journal: &Shared) -> Result<Option<&mut Open>, Failed> {
        loop {
            let ledger = journal.ledger();
            let Some(found) = ledger.segments.iter().find(|segment| segment.end > self.next) else {
                return Ok(None);
            };
            let (first, end, bytes) = (found.first, found.end, found.bytes);
            if let Some(open) = self.open.as_mut().filter(|open| open.first == first) {
                open.end = end;
                open.scan.extend(bytes);
                break;
            }
            let path = found.path.clone();
            drop(ledger);
            match Scan::open(&path, bytes) {
                Ok(Some(mut scan)) => {
                    if self.steps_over_in == Some(first) {
                        scan.step_over_failures();
                    }
                    self.open = Some(Open { first, end, scan, unread: 0 });
                }
                Ok(None) => journal.set_aside(first, None).map_err(|error| Failed {
                    segment: first,
                    begins: false,
                    error,
                })?,
                // The segment was removed meanwhile. Otherwise the whole folder may be missing for a moment.
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound
                        && !journal.ledger().holds(first) => {}
                Err(error) => return Err(Failed { segment: first, begins: false, error }),
            }
        }
        Ok(self.open.as_mut())
    }
}
