//! Keeps track of which segments there are, how far they are published, and which may be removed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::TenantId;

use super::mark::Mark;

mod times;

pub(super) use times::Clock;

/// A tenant's unpublished events may take at most this many times the room that is left.
const SHARE: u64 = 3;
/// What was published so long before the stream came into doubt is on NATS's disk: it syncs every two minutes, and that
/// it is gone shows within two more.
const UNSYNCED: Duration = Duration::from_mins(5);

/// The limits of a journal.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A segment is closed when it is longer than this, in bytes.
    pub segment_bytes: u64,
    /// A segment is closed when it is older than this.
    pub segment_age: Duration,
    /// The most bytes of all segments together.
    pub max_bytes: u64,
    /// The most bytes of published segments together.
    pub keep_bytes: u64,
    /// How long a segment is kept after it was published.
    pub keep_for: Duration,
    /// The most bytes of records that are kept in memory, for a publisher that keeps up.
    pub tail_bytes: usize,
    /// How long an append waits for the disk.
    pub patience: Duration,
}

/// What the running program knows about a segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: u64,
    /// Above every sequence that it holds.
    pub(super) end: u64,
    /// Up to here it is durable.
    pub(super) bytes: u64,
    /// How many of these bytes are each tenant's. Unknown for what an earlier run of this program wrote.
    pub(super) shares: HashMap<TenantId, u64>,
    pub(super) path: PathBuf,
    /// When this run of the program made or found it.
    pub(super) opened: Instant,
    /// Whether nothing is appended to it any more.
    pub(super) sealed: bool,
    /// Since when everything in it has been published or refused.
    pub(super) settled_at: Option<Instant>,
}

/// A segment that was taken out of the journal, and whose file is in the folder still.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) first: u64,
    pub(super) path: PathBuf,
    /// Whether the file is to be kept under its other name.
    pub(super) is_kept: bool,
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) segments: VecDeque<Segment>,
    pub(super) mark: Mark,
    /// Since when the stream may have lost what it acknowledged, if it may. Meanwhile nothing is removed by age, and
    /// what it may have lost for no reason at all.
    doubted_since: Option<Instant>,
    /// The events that the stream took after it had refused them, and when it did.
    retaken: BTreeMap<u64, Instant>,
    /// Whether several tenants share the journal.
    pub(super) divided: bool,
    limits: Limits,
}

impl Ledger {
    /// Goes on from these segments and this mark, which an earlier run of this program left.
    pub(super) fn of(
        segments: VecDeque<Segment>,
        mark: Mark,
        limits: Limits,
        clock: &Clock,
    ) -> Self {
        let retaken = BTreeMap::new();
        let mut ledger =
            Self { segments, mark, doubted_since: None, retaken, divided: false, limits };
        ledger.resume(clock);
        ledger
    }

    /// Sets whether the stream may have lost what it acknowledged.
    pub(super) fn set_in_doubt(&mut self, in_doubt: bool, now: Instant) {
        self.doubted_since = in_doubt.then(|| self.doubted_since.unwrap_or(now));
    }

    /// Whether so little room is left that a tenant may have used up its share.
    pub(super) fn is_scarce(&self) -> bool {
        self.divided && self.bytes().1 > SHARE * self.left()
    }

    /// Whether a tenant's unpublished events take up all the room that they may, which is three times what is left. So
    /// one tenant can fill three quarters of the journal and two can fill six sevenths, but however many flood it,
    /// other tenants' events find room.
    pub(super) fn has_its_share(&self, tenant: &TenantId) -> bool {
        let unpublished = self.segments.iter().filter(|segment| !segment.is_published(&self.mark));
        let taken: u64 = unpublished.filter_map(|segment| segment.shares.get(tenant)).sum();
        taken > SHARE * self.left()
    }

    /// The room that unpublished events leave, in bytes.
    fn left(&self) -> u64 {
        self.limits.max_bytes.saturating_sub(self.bytes().1)
    }

    /// Returns the newest segment if it begins with this sequence and is still appended to. Otherwise that segment was
    /// set aside, or is about to be.
    pub(super) fn present(&mut self, first: u64) -> Option<&mut Segment> {
        self.segments.back_mut().filter(|segment| segment.first == first && !segment.sealed)
    }

    /// Closes the segment that is appended to if it is old. Must not be called while something is appended.
    pub(super) fn seal_old(&mut self, now: Instant) {
        let age = self.limits.segment_age;
        let old = |segment: &&mut Segment| now.saturating_duration_since(segment.opened) >= age;
        if let Some(segment) = self.segments.back_mut().filter(old) {
            segment.sealed = true;
        }
    }

    /// Notes that the stream has an event that it was given again. Unless it had it before, the event ages from now on,
    /// and so does its segment, if it was not only refused.
    pub(super) fn taken(&mut self, sequence: u64, duplicate: bool, now: Instant) {
        let refused = self.mark.refused.remove(&sequence);
        if duplicate {
            return;
        }
        if refused {
            self.retaken.insert(sequence, now);
        } else if let Some(segment) = self.segments.iter_mut().find(|one| one.holds(sequence)) {
            segment.settled_at = None;
        }
    }

    /// Whether the stream may lack an event. It has those on its disk that it took so long before it came into doubt
    /// that they should be gone from here, and are there because of others. It may have forgotten that it has them.
    pub(super) fn may_be_lost(&self, sequence: u64) -> bool {
        if self.mark.refused.contains(&sequence) {
            return true;
        }
        let after = self.segments.partition_point(|segment| segment.end <= sequence);
        let settled_at = self.segments.get(after).and_then(|segment| segment.settled_at);
        let taken_at = self.retaken.get(&sequence).copied().or(settled_at);
        self.doubted_since
            .zip(taken_at)
            .is_none_or(|(since, at)| since.saturating_duration_since(at) <= self.limits.keep_for)
    }

    /// Closes a segment that is about to be set aside. Returns its path and its length in bytes.
    pub(super) fn close(&mut self, first: u64) -> Option<(PathBuf, u64)> {
        let segment = self.segments.iter_mut().find(|segment| segment.first == first)?;
        segment.sealed = true;
        Some((segment.path.clone(), segment.bytes))
    }

    /// Whether the segment that begins with this sequence is still there.
    pub(super) fn holds(&self, first: u64) -> bool {
        self.segments.iter().any(|segment| segment.first == first)
    }

    /// Returns the bytes of all segments, and of those that are not published.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let unpublished = self.segments.iter().filter(|segment| !segment.is_published(&self.mark));
        (self.segments.iter().map(|segment| segment.bytes).sum(), sum(unpublished))
    }

    /// Whether this many more bytes fit.
    pub(super) fn has_room_for(&self, bytes: u64) -> bool {
        self.bytes().0 + bytes <= self.limits.max_bytes
    }

    /// Takes out the published segments that are too old or too many, or that are in the way of `needed` more bytes,
    /// oldest first, except for those that the stream may have lost. The caller has to remove their files.
    pub(super) fn sweep(&mut self, now: Instant, needed: u64) -> Vec<Gone> {
        let Self { segments, mark, doubted_since, retaken, limits, .. } = self;
        for segment in segments.iter_mut() {
            let settled = segment.is_settled(mark.below);
            segment.settled_at = settled.then_some(segment.settled_at.unwrap_or(now));
        }
        let published_at = |segment: &Segment| {
            let goes = segment.sealed && segment.is_published(mark);
            let retaken = retaken.range(segment.first..segment.end).map(|(_, at)| *at);
            Some(retaken.fold(segment.settled_at.filter(|_| goes)?, Instant::max))
        };
        let mut total: u64 = segments.iter().map(|segment| segment.bytes).sum();
        let mut published = sum(segments.iter().filter(|one| published_at(one).is_some()));
        let mut gone = Vec::new();
        segments.retain(|segment| {
            let Some(at) = published_at(segment) else { return true };
            let many = published > limits.keep_bytes || total + needed > limits.max_bytes;
            let goes = match *doubted_since {
                Some(since) => many && since.saturating_duration_since(at) > UNSYNCED,
                None => many || now.saturating_duration_since(at) >= limits.keep_for,
            };
            if goes {
                published -= segment.bytes;
                total -= segment.bytes;
                let (first, path) = (segment.first, segment.path.clone());
                gone.push(Gone { first, path, is_kept: mark.to_keep.contains(&first) });
            }
            !goes
        });
        if !gone.is_empty() {
            retaken.retain(|sequence, _| segments.iter().any(|segment| segment.holds(*sequence)));
        }
        gone
    }

    /// Takes out the oldest published segments until this many bytes of the disk are freed, or none are left. The
    /// caller has to remove their files.
    pub(super) fn give_up(&mut self, now: Instant, bytes: u64) -> Vec<Gone> {
        let unused = self.limits.max_bytes.saturating_sub(self.bytes().0);
        self.sweep(now, unused + bytes)
    }
}

impl Segment {
    /// Notes an event of a tenant and its length in bytes.
    pub(super) fn add(&mut self, tenant: &TenantId, bytes: u64) {
        match self.shares.get_mut(tenant) {
            Some(share) => *share += bytes,
            None => drop(self.shares.insert(tenant.clone(), bytes)),
        }
    }

    fn holds(&self, sequence: u64) -> bool {
        (self.first..self.end).contains(&sequence)
    }

    /// Whether everything in it is published or refused. What has been appended, and is not durable yet, may be below
    /// the mark already.
    fn is_settled(&self, below: u64) -> bool {
        if self.sealed { self.end <= below } else { self.end == below }
    }

    fn is_published(&self, mark: &Mark) -> bool {
        mark.covers(self.first, self.end)
    }
}

fn sum<'a>(segments: impl Iterator<Item = &'a Segment>) -> u64 {
    segments.map(|segment| segment.bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        segment_bytes: 100,
        segment_age: Duration::from_mins(1),
        max_bytes: 1000,
        keep_bytes: 500,
        keep_for: Duration::from_mins(15),
        tail_bytes: 0,
        patience: Duration::ZERO,
    };

    /// Segments of 10 records and 100 bytes each, the last one open.
    fn ledger(segments: u64, published_below: u64) -> Ledger {
        let segments = (0..segments)
            .map(|i| Segment {
                first: i * 10,
                end: i * 10 + 10,
                bytes: 100,
                shares: HashMap::new(),
                path: i.to_string().into(),
                opened: Instant::now(),
                sealed: i + 1 < segments,
                settled_at: None,
            })
            .collect();
        let mark = Mark { below: published_below, ..Mark::default() };
        Ledger { doubted_since: None, ..Ledger::of(segments, mark, LIMITS, &Clock::start()) }
    }

    fn names(gone: &[Gone]) -> Vec<&str> {
        gone.iter().filter_map(|gone| gone.path.to_str()).collect()
    }

    #[test]
    fn published_segments_go_by_age_and_others_stay() {
        let mut ledger = ledger(4, 25);
        let start = Instant::now();
        assert!(ledger.sweep(start, 0).is_empty());
        assert!(ledger.sweep(start + Duration::from_secs(899), 0).is_empty());
        assert_eq!(names(&ledger.sweep(start + Duration::from_mins(15), 0)), ["0", "1"]);
        ledger.mark.below = 40;
        assert!(ledger.sweep(start + Duration::from_secs(901), 0).is_empty());
        assert_eq!(names(&ledger.sweep(start + Duration::from_secs(1801), 0)), ["2"]);
    }

    #[test]
    fn nothing_goes_by_age_while_the_stream_is_in_doubt() {
        let mut ledger = ledger(4, 40);
        let start = Instant::now();
        ledger.set_in_doubt(true, start);
        ledger.sweep(start, 0);
        assert!(ledger.sweep(start + Duration::from_mins(150), 0).is_empty());
        // What was published again a moment ago may be lost again, and the rest never was.
        ledger.taken(12, false, start);
        ledger.set_in_doubt(false, start);
        assert_eq!(names(&ledger.sweep(start + Duration::from_mins(151), 0)), ["0", "2"]);
        assert!(ledger.sweep(start + Duration::from_mins(165), 0).is_empty());
        assert_eq!(names(&ledger.sweep(start + Duration::from_mins(166), 0)), ["1"]);
    }

    #[test]
    fn the_segment_that_is_appended_to_is_closed_when_it_is_old() {
        let mut ledger = ledger(2, 20);
        let opened = ledger.segments[1].opened;
        for (seconds, sealed) in [(59, false), (60, true)] {
            ledger.seal_old(opened + Duration::from_secs(seconds));
            assert_eq!(ledger.segments[1].sealed, sealed, "after {seconds} s");
        }
    }

    #[test]
    fn too_many_published_bytes_go_oldest_first() {
        let mut ledger = ledger(8, 80);
        assert_eq!(names(&ledger.sweep(Instant::now(), 0)), ["0", "1"]);
    }

    #[test]
    fn what_the_stream_may_have_lost_stays_however_much_is_published_and_needed() {
        let mut ledger = ledger(10, 30);
        let start = Instant::now();
        ledger.sweep(start, 0);
        // Three were on NATS's disk when it went away. The others were published just then, or since it came back.
        let away = start + Duration::from_mins(6);
        ledger.set_in_doubt(true, away);
        ledger.mark.below = 90;
        for minutes in [6, 7, 600] {
            let now = start + Duration::from_mins(minutes);
            ledger.set_in_doubt(true, now);
            assert_eq!(
                names(&ledger.sweep(now, 1000)),
                if minutes == 6 { vec!["0", "1", "2"] } else { vec![] }
            );
        }
        ledger.set_in_doubt(false, away);
        assert_eq!(names(&ledger.sweep(away, 0)), ["3"]);
    }

    #[test]
    fn unpublished_and_refused_segments_never_go() {
        let mut ledger = ledger(10, 20);
        ledger.mark.refused.insert(5);
        let start = Instant::now();
        assert_eq!(names(&ledger.sweep(start, 400)), ["1"]);
        assert!(!ledger.has_room_for(101));
        assert!(ledger.has_room_for(100));
        assert_eq!(ledger.bytes(), (900, 900));
    }
}
