//! What a start finds: which segments there are, which of their records are good.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use domain::in_words;

use super::aside;
use super::ledger::Segment;
use super::mark::Mark;
use super::segment::{self, PREAMBLE, Scan};

/// The segments of a folder, and a sequence above all that were ever given out.
///
/// Only the newest can have a torn end, which is cut; the others, of which there may be gigabytes while
/// nobody listens yet, are not read. A damaged record costs itself only, and a segment that the disk does
/// not give stops no start.
pub(super) fn segments(dir: &Path, mark: &Mark) -> io::Result<(VecDeque<Segment>, u64)> {
    let files = segment::list(dir)?;
    let mut next = mark.below;
    let mut segments = VecDeque::with_capacity(files.len() + 1);
    for (index, (first, path, length)) in files.iter().enumerate() {
        let (first, length) = (*first, *length);
        let followed_by = files.get(index + 1).map(|(first, ..)| *first);
        let found = match followed_by.filter(|_| length > PREAMBLE) {
            // Its end was cut before the next one was made. Damage is found when it is published from.
            Some(end) => Some((end, length)),
            None => match examine(path, first, length) {
                // What it does give is published from it, and then it is set aside.
                Err(error) if aside::is_the_segments(&error) => {
                    tracing::error!(
                        journal.segment = %path.display(),
                        error = in_words(&error),
                        "a segment of the journal cannot be read"
                    );
                    let end = followed_by.unwrap_or_else(|| segment::above(first, length));
                    Some((end, length))
                }
                examined => examined?,
            },
        };
        next = next.max(first);
        if let Some((end, bytes)) = found {
            next = next.max(end);
            segments.push_back(Segment {
                first,
                end,
                bytes,
                shares: HashMap::new(),
                path: path.clone(),
                sealed: true,
                published_at: None,
            });
        }
    }
    // Whoever repairs one of these gives it its name back: no other file has that name by then, and no
    // other event the number of one of its events.
    for (first, _, length) in segment::list_aside(dir)? {
        next = next.max(segment::above(first, length));
    }
    Ok((segments, next))
}

/// Where a segment's good records end: above which sequence, at which offset. Nothing if it has none.
fn examine(path: &Path, first: u64, length: u64) -> io::Result<Option<(u64, u64)>> {
    let Some(mut scan) = Scan::open(path, length)? else {
        if length <= PREAMBLE {
            // The program was stopped while it made the file, before anything was acknowledged.
            std::fs::remove_file(path)?;
        } else {
            aside::put(path, length, None)?;
        }
        return Ok(None);
    };
    let mut end = first;
    while let Some((head, _)) = scan.next()? {
        end = end.max(head.sequence + 1);
    }
    if scan.damaged > 0 {
        aside::keep(path, scan.damaged);
    }
    if end == first {
        std::fs::remove_file(path)?;
        return Ok(None);
    }
    if scan.good_until < length {
        tracing::warn!(
            journal.segment = %path.display(),
            journal.cut_bytes = length - scan.good_until,
            "cut a torn end, which was never acknowledged, off a segment of the journal"
        );
        OpenOptions::new().write(true).open(path)?.set_len(scan.good_until)?;
    }
    // A program that was killed may have written what it had no time to sync.
    File::open(path)?.sync_all()?;
    Ok(Some((end, scan.good_until)))
}
