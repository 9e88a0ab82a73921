//! One event in a segment.
//!
//! ```text
//! marker 8 | crc32 4 | payload length 4 | sequence 8 | facts length 4 || facts | body
//!                    └──────────────── what the checksum covers ─────────────────┘
//! ```
//!
//! The marker is a random number of the segment. It is used to find the next record after a damaged one, and keeps
//! senders, who can choose bodies, from forging a record inside a body.

use std::ops::Range;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use events::Inbound;

use super::facts;

pub(super) const HEAD: usize = 28;
const CHECKED_FROM: usize = 12;

/// The longest payload. A record that claims to be longer is damaged.
pub(super) const MAX_PAYLOAD: usize = 16 * 1024 * 1024;

pub(super) type Marker = [u8; 8];

/// An event as the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its position in the journal. Later events have higher numbers, and some numbers are never used.
    pub sequence: u64,
    /// What is known about it besides its body.
    pub inbound: Inbound,
    /// The body as Chatwoot sent it, except for the tokens of visitors' sessions.
    pub body: Bytes,
}

/// The record would be longer than the journal can hold.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Appends a record to `out`. Returns where in `out` its body is. On an error, `out` is unchanged.
pub(super) fn encode(
    marker: Marker,
    sequence: u64,
    inbound: &Inbound,
    body: &[u8],
    out: &mut BytesMut,
) -> Result<Range<usize>, TooLarge> {
    let start = out.len();
    let result = (|| {
        out.put_bytes(0, HEAD);
        facts::encode(inbound, out).map_err(|_| TooLarge)?;
        let body_at = out.len();
        out.put_slice(body);
        let facts_length = u32::try_from(body_at - start - HEAD).map_err(|_| TooLarge)?;
        let length = out.len() - start - HEAD;
        if length > MAX_PAYLOAD {
            return Err(TooLarge);
        }
        let length = u32::try_from(length).map_err(|_| TooLarge)?;

        let record = &mut out[start..];
        record[..8].copy_from_slice(&marker);
        record[12..16].copy_from_slice(&length.to_be_bytes());
        record[16..24].copy_from_slice(&sequence.to_be_bytes());
        record[24..HEAD].copy_from_slice(&facts_length.to_be_bytes());
        let crc = crc32fast::hash(&record[CHECKED_FROM..]);
        record[8..CHECKED_FROM].copy_from_slice(&crc.to_be_bytes());
        Ok(body_at..out.len())
    })();
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// The fixed part of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) crc: u32,
    pub(super) length: usize,
    pub(super) sequence: u64,
    facts_length: usize,
    checked: [u8; HEAD - CHECKED_FROM],
}

impl Head {
    /// Reads a head. Returns `None` if it has another marker or an impossible length.
    pub(super) fn read(marker: Marker, bytes: &[u8; HEAD]) -> Option<Self> {
        let (found, mut rest) = bytes.split_at(8);
        if found != marker {
            return None;
        }
        let crc = rest.get_u32();
        let mut checked = [0; HEAD - CHECKED_FROM];
        checked.copy_from_slice(rest);
        let head = Self {
            crc,
            length: usize::try_from(rest.get_u32()).ok()?,
            sequence: rest.get_u64(),
            facts_length: usize::try_from(rest.get_u32()).ok()?,
            checked,
        };
        (head.length <= MAX_PAYLOAD && head.facts_length <= head.length).then_some(head)
    }

    /// Whether this is the payload that was written, by its checksum.
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.checked);
        crc.update(payload);
        crc.finalize() == self.crc
    }

    /// Decodes the record. Returns `None` if a later version wrote it in a form that this one cannot read.
    pub(super) fn record(&self, payload: &Bytes) -> Option<Record> {
        let inbound = facts::decode(payload.get(..self.facts_length)?)?;
        let body = payload.slice(self.facts_length..);
        Some(Record { sequence: self.sequence, inbound, body })
    }
}
