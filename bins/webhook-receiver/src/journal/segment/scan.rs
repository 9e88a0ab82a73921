//! Reads a segment.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::{Bytes, BytesMut};

use super::super::aside::is_the_segments;
use super::super::record::{HEAD, Head, Marker, Record};
use super::{MAGIC, PREAMBLE};

/// What a disk gives as a whole or not at all.
const BLOCK: u64 = 4096;

/// Reads the good records of a segment one after the other, and skips damaged ones.
#[derive(Debug)]
pub(in crate::journal) struct Scan<R = File> {
    file: BufReader<R>,
    marker: Marker,
    offset: u64,
    end: u64,
    /// The offset after the last good record.
    pub(in crate::journal) good_until: u64,
    /// How many bytes between good records were skipped.
    pub(in crate::journal) damaged: u64,
    /// How many bytes of good records this version did not understand.
    pub(in crate::journal) foreign: u64,
    /// Whether to go on behind what the disk does not give.
    steps_over: bool,
    /// How many blocks to step over next.
    step: u64,
    /// The first failure that was stepped over.
    pub(in crate::journal) failure: Option<io::Error>,
}

impl Scan {
    /// Opens a segment for reading up to `end`. Returns `None` if it has no valid preamble.
    pub(in crate::journal) fn open(path: &Path, end: u64) -> io::Result<Option<Self>> {
        Self::of(File::open(path)?, end)
    }
}

impl<R: Read + Seek> Scan<R> {
    fn of(file: R, end: u64) -> io::Result<Option<Self>> {
        let mut file = BufReader::with_capacity(128 * 1024, file);
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
            steps_over: false,
            step: 1,
            failure: None,
        }))
    }

    /// From now on takes what the disk does not give for damage.
    pub(in crate::journal) fn step_over_failures(&mut self) {
        self.steps_over = true;
    }

    /// Moves the end, so that what was appended since can be read.
    pub(in crate::journal) fn extend(&mut self, end: u64) {
        self.end = end;
    }

    /// How many bytes follow the last good record.
    pub(in crate::journal) fn left(&self) -> u64 {
        self.end.saturating_sub(self.good_until)
    }

    /// Reads the next good record's head and payload.
    pub(in crate::journal) fn next(&mut self) -> io::Result<Option<(Head, Bytes)>> {
        loop {
            let behind = match self.read_here() {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => self.offset + 1,
                Err(error) => self.step_over(error)?,
            };
            // What is here is not a record. The bytes before the next marker are lost.
            let Some(at) = self.find_marker(behind)? else {
                // More may be appended here later, so stay right after the last good record.
                self.seek(self.good_until)?;
                return Ok(None);
            };
            self.seek(at)?;
        }
    }

    /// Reads the next record that this version understands.
    pub(in crate::journal) fn next_record(&mut self) -> io::Result<Option<Record>> {
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
        self.step = 1;
        Ok(Some((head, payload.freeze())))
    }

    /// Returns where to go on after a failure to read. Each step is twice as long as the one before, so that a disk that
    /// gives nothing any more, and takes its time, is not asked for every block.
    fn step_over(&mut self, error: io::Error) -> io::Result<u64> {
        if !self.steps_over || !is_the_segments(&error) {
            return Err(error);
        }
        let failed_at = self.file.stream_position()?;
        let behind = (failed_at / BLOCK + self.step) * BLOCK;
        self.step *= 2;
        self.failure.get_or_insert(error);
        Ok(behind)
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
            let read = (&mut self.file).take(wanted).read_to_end(&mut chunk);
            // A failure comes behind what was read before it.
            if let Some(found) = chunk.windows(8).position(|window| window == self.marker) {
                return Ok(Some(at + found as u64));
            }
            if let Err(error) = read {
                at = self.step_over(error)?;
                continue;
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
    use std::io::Cursor;
    use std::ops::Range;

    use rustix::io::Errno;

    use super::*;
    use crate::journal::record::encode;
    use crate::testing::inbound;

    /// A segment of which the disk does not give these bytes.
    struct Unread {
        content: Cursor<Vec<u8>>,
        bad: Range<u64>,
        errno: Errno,
        failures: u32,
    }

    impl Read for Unread {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let at = self.content.position();
            if self.bad.contains(&at) {
                self.failures += 1;
                return Err(self.errno.into());
            }
            let until = if at < self.bad.start { self.bad.start - at } else { u64::MAX };
            let most = buffer.len().min(usize::try_from(until).unwrap_or(usize::MAX));
            self.content.read(&mut buffer[..most])
        }
    }

    impl Seek for Unread {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.content.seek(to)
        }
    }

    /// A segment of records of about a thousand bytes with the sequences from 0 on, and where each of them is.
    fn segment(records: u64) -> (Vec<u8>, Vec<Range<u64>>) {
        let marker = [7; 8];
        let mut content = BytesMut::new();
        content.extend_from_slice(&super::super::preamble(marker, 0));
        let places = (0..records).map(|sequence| {
            let start = content.len() as u64;
            encode(marker, sequence, &inbound("e", None), &[b'x'; 800], &mut content).unwrap();
            start..content.len() as u64
        });
        let places = places.collect();
        (content.to_vec(), places)
    }

    fn scan(content: &[u8], bad: Range<u64>, errno: Errno) -> Scan<Unread> {
        let file = Unread { content: Cursor::new(content.to_vec()), bad, errno, failures: 0 };
        Scan::of(file, content.len() as u64).unwrap().unwrap()
    }

    fn sequences(scan: &mut Scan<Unread>) -> Vec<u64> {
        std::iter::from_fn(|| scan.next().unwrap()).map(|(head, _)| head.sequence).collect()
    }

    #[test]
    fn blocks_that_the_disk_does_not_give_cost_few_records_besides_those_in_them() {
        let (content, places) = segment(400);
        // The last of several steps may be twice as long as it need be.
        let cases: [(Range<u64>, u64); 4] = [(3..4, 4), (90..91, 91), (3..5, 6), (40..60, 71)];
        for (blocks, lost_until) in cases {
            let bad = blocks.start * BLOCK..blocks.end * BLOCK;
            let mut scan = scan(&content, bad.clone(), Errno::IO);
            scan.step_over_failures();
            let survives = |(sequence, place): (u64, &Range<u64>)| {
                let survives = place.end <= bad.start || place.start >= lost_until * BLOCK;
                survives.then_some(sequence)
            };
            let survivors: Vec<_> = (0..).zip(&places).filter_map(survives).collect();
            assert_eq!(sequences(&mut scan), survivors, "{blocks:?}");
            assert!(scan.damaged >= bad.end - bad.start);
            assert!(scan.failure.is_some());
        }
    }

    #[test]
    fn a_disk_that_gives_nothing_is_not_asked_for_every_block() {
        let (content, places) = segment(400);
        let mut scan = scan(&content, BLOCK..u64::MAX, Errno::IO);
        scan.step_over_failures();
        let good = places.iter().filter(|place| place.end <= BLOCK).count();
        assert_eq!(sequences(&mut scan).len(), good);
        assert!(scan.file.get_ref().failures < 10);
    }

    #[test]
    fn a_failure_is_stepped_over_only_if_that_is_asked_for_and_it_is_the_segments() {
        let (content, _) = segment(10);
        for (errno, steps_over) in [(Errno::IO, false), (Errno::NOMEM, true)] {
            let mut scan = scan(&content, BLOCK..2 * BLOCK, errno);
            if steps_over {
                scan.step_over_failures();
            }
            let failure = (0..10).find_map(|_| scan.next().err()).unwrap();
            assert_eq!(failure.raw_os_error(), Some(errno.raw_os_error()));
        }
    }
}
