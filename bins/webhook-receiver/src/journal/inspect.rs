//! Inspects a journal segment by segment, while its receiver may be running.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::lock::LOCK;
use super::mark::Mark;
use super::segment::{self, Scan};

/// What a segment holds. Every record was read and its checksum verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its first sequence, which its file is named after.
    pub first: u64,
    /// Its file.
    pub path: PathBuf,
    /// The length of the file.
    pub bytes: u64,
    /// How many good records it holds.
    pub records: u64,
    /// How many of these the stream is known to have.
    pub published: u64,
    /// How many of these were written by a later version, in a form that this one cannot read.
    pub foreign: u64,
    /// When the first and the last of the good records were received.
    pub received: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Bytes between good records that are no records: something that was acknowledged may be lost.
    pub damaged: u64,
    /// Bytes after the last good record. In the newest segment they are being written, or were when the receiver
    /// ended, and were never acknowledged.
    pub torn: u64,
    /// Whether the file does not begin like a segment, so that nothing in it can be read.
    pub unreadable: bool,
    /// The first error at which the disk did not give a part of it, or anything.
    pub failure: Option<String>,
}

/// Whether this folder is, or was, a receiver's journal.
pub fn is_one(dir: &Path) -> io::Result<bool> {
    Ok(dir.join(LOCK).try_exists()?
        || !segment::list(dir)?.is_empty()
        || !segment::list_aside(dir)?.is_empty())
}

/// Inspects every segment, oldest first, without changing anything.
pub fn inspect(dir: &Path) -> io::Result<Vec<Inspection>> {
    let mark = Mark::read(dir);
    let segments = segment::list(dir)?;
    Ok(segments
        .into_iter()
        .filter_map(|(first, path, bytes)| look(&mark, first, path, bytes))
        .collect())
}

/// Lists the segments that a receiver set aside because it could not read them completely.
pub fn set_aside(dir: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(segment::list_aside(dir)?.into_iter().map(|(_, path, _)| path).collect())
}

fn look(mark: &Mark, first: u64, path: PathBuf, bytes: u64) -> Option<Inspection> {
    let mut found = Inspection {
        first,
        path,
        bytes,
        records: 0,
        published: 0,
        foreign: 0,
        received: None,
        damaged: 0,
        torn: 0,
        unreadable: false,
        failure: None,
    };
    match read(&mut found, mark) {
        // Removed by its receiver since the folder was listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => found.failure = Some(error.to_string()),
        Ok(()) => {}
    }
    Some(found)
}

fn read(found: &mut Inspection, mark: &Mark) -> io::Result<()> {
    let Some(mut scan) = Scan::open(&found.path, found.bytes)? else {
        found.unreadable = true;
        return Ok(());
    };
    scan.step_over_failures();
    while let Some((head, payload)) = scan.next()? {
        found.records += 1;
        found.published += u64::from(mark.is_published(head.sequence));
        match head.record(&payload) {
            Some(record) => {
                let at = record.inbound.received_at;
                let (oldest, _) = found.received.unwrap_or((at, at));
                found.received = Some((oldest, at));
            }
            None => found.foreign += 1,
        }
    }
    found.damaged = scan.damaged;
    found.failure = scan.failure.map(|error| error.to_string());
    found.torn = found.bytes - scan.good_until;
    Ok(())
}
