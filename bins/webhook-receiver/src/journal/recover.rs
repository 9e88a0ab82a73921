//! Recovers a journal at the start: finds its segments and their good records.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Instant;

use domain::in_words;

use super::aside;
use super::ledger::Segment;
use super::mark::Mark;
use super::segment::{self, PREAMBLE, Scan};

/// Returns the segments of a folder, and a sequence above all that were ever assigned.
///
/// Only the newest segment can have a torn end, which is cut off. The others, of which there may be gigabytes, are not
/// read, since nobody listens yet. A damaged record costs only itself, and a segment that cannot be read stops no
/// start.
pub(super) fn segments(dir: &Path, mark: &mut Mark) -> io::Result<(VecDeque<Segment>, u64)> {
    let files = segment::list(dir)?;
    let mut next = mark.below;
    let mut segments = VecDeque::with_capacity(files.len() + 1);
    for (index, (first, path, length)) in files.iter().enumerate() {
        let (first, length) = (*first, *length);
        let followed_by = files.get(index + 1).map(|(first, ..)| *first);
        let found = match followed_by.filter(|_| length > PREAMBLE) {
            // Its end was cut off before the next segment was made. Damage is found when it is published from.
            Some(end) => Some((end, length)),
            None => match examine(path, first, length, mark) {
                // Whatever can be read is published from it, and then it is set aside.
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
                opened: Instant::now(),
                sealed: true,
                settled_at: None,
            });
        }
    }
    // Somebody may repair one of these and give it its name back. No other file may have that name by then, and
    // no other event the sequence of one of its events.
    for (first, _, length) in segment::list_aside(dir)? {
        next = next.max(segment::above(first, length));
    }
    Ok((segments, next))
}

/// Removes from the mark the segments that are gone, and refused events that no segment can hold: they were handed to
/// the publisher, and their sync failed or the host lost its power before it was over. Nobody could try them again.
pub(super) fn forget_lost(
    mark: &mut Mark,
    segments: &VecDeque<Segment>,
    dir: &Path,
) -> io::Result<()> {
    mark.to_keep.retain(|first| segments.iter().any(|segment| segment.first == *first));
    let aside = segment::list_aside(dir)?;
    let aside = aside.iter().map(|(first, _, length)| *first..segment::above(*first, *length));
    let present = segments.iter().map(|segment| segment.first..segment.end);
    let held: Vec<_> = present.chain(aside).collect();
    mark.refused.retain(|sequence| held.iter().any(|range| range.contains(sequence)));
    Ok(())
}

/// Finds where a segment's good records end: the sequence above the last one, and its offset. Returns `None` if it has
/// none. Notes in the mark if its file has to be kept and can have no second name.
fn examine(
    path: &Path,
    first: u64,
    length: u64,
    mark: &mut Mark,
) -> io::Result<Option<(u64, u64)>> {
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
    if scan.damaged > 0 && !aside::keep(path, scan.damaged) {
        mark.to_keep.insert(first);
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
    // A program that was killed may have written something that it had no time to sync.
    File::open(path)?.sync_all()?;
    Ok(Some((end, scan.good_until)))
}
