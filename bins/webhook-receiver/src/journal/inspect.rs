//! What is in a journal, segment by segment; its receiver may be running.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::LOCK;
use super::mark::Mark;
use super::segment::{self, Scan};

/// What a segment holds. Every record was read and its checksum compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its first sequence, after which it is named.
    pub first: u64,
    /// Its file.
    pub path: PathBuf,
    /// How long the file is.
    pub bytes: u64,
    /// Good records.
    pub records: u64,
    /// Of these, how many the stream is known to have.
    pub published: u64,
    /// Of these, how many a later version wrote in a way that this one cannot read.
    pub foreign: u64,
    /// When the first of the good records was received, and the last.
    pub received: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Bytes between good records that are none: something that was acknowledged may be lost.
    pub damaged: u64,
    /// Bytes behind the last good record. In the newest segment they are being written, or were
    /// when the receiver ended; they were never acknowledged.
    pub torn: u64,
    /// Its beginning is not that of a segment, so that nothing in it can be read.
    pub unreadable: bool,
    /// What the disk says where it gave no more of it.
    pub failure: Option<String>,
}

/// Whether a receiver has, or had, its journal in this folder.
pub fn is_one(dir: &Path) -> io::Result<bool> {
    Ok(dir.join(LOCK).try_exists()?
        || !segment::list(dir)?.is_empty()
        || !segment::list_aside(dir)?.is_empty())
}

/// Looks at every segment, oldest first, without touching anything.
pub fn inspect(dir: &Path) -> io::Result<Vec<Inspection>> {
    let mark = Mark::read(dir);
    let segments = segment::list(dir)?;
    Ok(segments
        .into_iter()
        .filter_map(|(first, path, bytes)| look(&mark, first, path, bytes))
        .collect())
}

/// The segments that a receiver could not read, or not all of, and set aside.
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
    found.torn = found.bytes - scan.good_until;
    Ok(())
}
