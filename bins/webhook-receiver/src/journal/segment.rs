//! A file of records: `<first sequence, 20 digits>.journal`.
//!
//! ```text
//! magic 8 | marker 8 | first sequence 8 | crc32 4 || record | record | …
//! ```

use std::fs::{DirEntry, File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use super::record::{HEAD, Head, Marker, Record};

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
    let mut preamble = Vec::with_capacity(28);
    preamble.extend_from_slice(MAGIC);
    preamble.extend_from_slice(&marker);
    preamble.extend_from_slice(&first.to_be_bytes());
    preamble.extend_from_slice(&crc32fast::hash(&preamble).to_be_bytes());

    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    match begin(&mut file, &preamble, dir) {
        Ok(()) => Ok((file, marker, path)),
        Err(error) => {
            // It holds nothing, so it does not matter if it cannot be removed.
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
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

/// Reads the good records of a segment one after the other, and skips damaged ones.
#[derive(Debug)]
pub(super) struct Scan {
    file: BufReader<File>,
    marker: Marker,
    offset: u64,
    end: u64,
    /// The offset after the last good record.
    pub(super) good_until: u64,
    /// How many bytes between good records were skipped.
    pub(super) damaged: u64,
    /// How many bytes of good records this version did not understand.
    pub(super) foreign: u64,
}

impl Scan {
    /// Opens a segment for reading up to `end`. Returns `None` if it has no valid preamble.
    pub(super) fn open(path: &Path, end: u64) -> io::Result<Option<Self>> {
        let mut file = BufReader::with_capacity(128 * 1024, File::open(path)?);
        let mut preamble = [0; 28];
        if end < PREAMBLE {
            return Ok(None);
        }
        match file.read_exact(&mut preamble) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let (fields, crc) = preamble.split_at(24);
        if &fields[..8] != MAGIC || crc32fast::hash(fields).to_be_bytes() != crc {
            return Ok(None);
        }
        let mut marker = [0; 8];
        marker.copy_from_slice(&fields[8..16]);
        Ok(Some(Self {
            file,
            marker,
            offset: PREAMBLE,
            end,
            good_until: PREAMBLE,
            damaged: 0,
            foreign: 0,
        }))
    }

    /// Moves the end, so that what was appended since can be read.
    pub(super) fn extend(&mut self, end: u64) {
        self.end = end;
    }

    /// How many bytes follow the last good record.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.good_until)
    }

    /// Reads the next good record's head and payload.
    pub(super) fn next(&mut self) -> io::Result<Option<(Head, Bytes)>> {
        loop {
            if let Some(found) = self.read_here()? {
                return Ok(Some(found));
            }
            // What is here is not a record. The bytes before the next marker are lost.
            let Some(at) = self.find_marker(self.offset + 1)? else {
                // More may be appended here later, so stay right after the last good record.
                self.seek(self.good_until)?;
                return Ok(None);
            };
            self.seek(at)?;
        }
    }

    /// Reads the next record that this version understands.
    pub(super) fn next_record(&mut self) -> io::Result<Option<Record>> {
        while let Some((head, payload)) = self.next()? {
            let record = head.record(&payload);
            if record.is_some() {
                return Ok(record);
            }
            self.foreign += (HEAD + payload.len()) as u64;
        }
        Ok(None)
    }

    fn read_here(&mut self) -> io::Result<Option<(Head, Bytes)>> {
        let left = self.end.saturating_sub(self.offset);
        if left < HEAD as u64 {
            return Ok(None);
        }
        let mut bytes = [0; HEAD];
        self.file.read_exact(&mut bytes)?;
        let Some(head) = Head::read(self.marker, &bytes) else { return Ok(None) };
        let whole = (HEAD + head.length) as u64;
        if whole > left {
            return Ok(None);
        }
        let mut payload = BytesMut::zeroed(head.length);
        self.file.read_exact(&mut payload)?;
        if !head.fits(&payload) {
            return Ok(None);
        }
        self.damaged += self.offset - self.good_until;
        self.offset += whole;
        self.good_until = self.offset;
        Ok(Some((head, payload.freeze())))
    }

    fn seek(&mut self, to: u64) -> io::Result<()> {
        self.offset = to;
        self.file.seek(SeekFrom::Start(to)).map(|_| ())
    }

    fn find_marker(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut at = from;
        let mut chunk = Vec::with_capacity(64 * 1024);
        while self.end.saturating_sub(at) >= HEAD as u64 {
            self.seek(at)?;
            chunk.clear();
            let wanted = (self.end - at).min(64 * 1024);
            (&mut self.file).take(wanted).read_to_end(&mut chunk)?;
            if let Some(found) = chunk.windows(8).position(|window| window == self.marker) {
                return Ok(Some(at + found as u64));
            }
            // A marker may span two chunks.
            match (chunk.len() as u64).checked_sub(7) {
                Some(step) if step > 0 => at += step,
                _ => break,
            }
        }
        Ok(None)
    }
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
