//! A file of records: `<first sequence, 20 digits>.journal`.
//!
//! ```text
//! magic 8 | marker 8 | first sequence 8 | crc32 4 || record | record | …
//! ```

use std::fs::{DirEntry, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::record::{HEAD, Marker};

mod scan;

pub(super) use scan::Scan;

const MAGIC: &[u8; 8] = b"AXISJNL1";
/// The length of what comes before the first record.
pub(super) const PREAMBLE: u64 = 28;
const EXTENSION: &str = "journal";
/// The extension of a segment that was set aside.
pub(super) const ASIDE: &str = "damaged";

/// The path of the segment that starts with this sequence.
pub(super) fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// Lists the segments of a folder, oldest first: first sequence, path and length in bytes.
pub(super) fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf, u64)>> {
    named(dir, EXTENSION)
}

/// Lists the segments that were set aside, like [`list`].
pub(super) fn list_aside(dir: &Path) -> io::Result<Vec<(u64, PathBuf, u64)>> {
    named(dir, ASIDE)
}

fn named(dir: &Path, extension: &str) -> io::Result<Vec<(u64, PathBuf, u64)>> {
    let mut segments = Vec::new();
    for entry in dir.read_dir()? {
        segments.extend(found(&entry?, extension)?);
    }
    segments.sort_unstable_by_key(|(first, ..)| *first);
    Ok(segments)
}

/// The segment that an entry of the folder is.
fn found(entry: &DirEntry, extension: &str) -> io::Result<Option<(u64, PathBuf, u64)>> {
    let name = entry.file_name();
    let first = name
        .to_str()
        .and_then(|name| name.strip_suffix(extension)?.strip_suffix('.'))
        .filter(|digits| digits.len() == 20)
        .and_then(|digits| digits.parse().ok());
    let Some(first) = first else { return Ok(None) };
    match entry.metadata() {
        // Removed by its receiver since the folder was read.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        metadata => Ok(Some((first, entry.path(), metadata?.len()))),
    }
}

/// A sequence above every one that a segment of this length can hold.
pub(super) fn above(first: u64, length: u64) -> u64 {
    first + 1 + length / HEAD as u64
}

/// Makes changes to the entries of a folder durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Creates a segment, durably.
pub(super) fn create(dir: &Path, first: u64) -> io::Result<(File, Marker, PathBuf)> {
    let path = path(dir, first);
    let marker = random_marker();
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    match begin(&mut file, &preamble(marker, first), dir) {
        Ok(()) => Ok((file, marker, path)),
        Err(error) => {
            // It holds nothing, so it does not matter if it cannot be removed.
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
}

fn preamble(marker: Marker, first: u64) -> Vec<u8> {
    let mut preamble = Vec::with_capacity(28);
    preamble.extend_from_slice(MAGIC);
    preamble.extend_from_slice(&marker);
    preamble.extend_from_slice(&first.to_be_bytes());
    preamble.extend_from_slice(&crc32fast::hash(&preamble).to_be_bytes());
    preamble
}

/// Writes what comes before the first record, and makes both it and the file's name durable.
pub(super) fn begin(file: &mut File, preamble: &[u8], dir: &Path) -> io::Result<()> {
    file.write_all(preamble)?;
    file.sync_all()?;
    sync_dir(dir)
}

fn random_marker() -> Marker {
    let mut marker = [0; 8];
    // The second half of a random UUID has 62 random bits.
    marker.copy_from_slice(&Uuid::new_v4().as_bytes()[8..]);
    marker
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn a_segment_that_goes_while_the_folder_is_listed_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for first in [3, 7] {
            File::create(path(dir.path(), first)).unwrap();
        }
        let entries: Vec<_> = dir.path().read_dir().unwrap().map(Result::unwrap).collect();
        std::fs::remove_file(path(dir.path(), 3)).unwrap();
        let left = entries.iter().filter_map(|entry| found(entry, EXTENSION).unwrap());
        assert_eq!(left.map(|(first, ..)| first).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn a_segment_has_not_begun_before_its_file_and_its_folder_are_synced() {
        let dir = tempfile::tempdir().unwrap();
        let file = || File::create(dir.path().join("file")).unwrap();
        begin(&mut file(), b"preamble", dir.path()).unwrap();
        // Either can be written, or opened, and not synced.
        let (_reader, pipe) = io::pipe().unwrap();
        begin(&mut OwnedFd::from(pipe).into(), b"preamble", dir.path()).unwrap_err();
        begin(&mut file(), b"preamble", Path::new("/dev/null")).unwrap_err();
    }
}
