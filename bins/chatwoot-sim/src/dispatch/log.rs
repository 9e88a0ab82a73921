//! What became of deliveries.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Counts from 1 in the order in which attempts ended.
    pub number: u64,
    /// The account of the event.
    pub account_id: i64,
    /// The webhook delivered to.
    pub webhook_id: i64,
    /// Name of the event.
    pub event: String,
    /// What the event is about: a message's id, a conversation's display id, a contact's or a
    /// contact inbox's id.
    pub subject_id: i64,
    /// The header `X-Chatwoot-Delivery`, which is not sent to webhooks from before 4.11.2.
    pub delivery_id: String,
    /// SHA-256 of the body as a receiver may keep it: with `x` in place of each character of
    /// visitors' `pubsub_token`, which nobody ought to keep. In hexadecimal digits.
    pub body_sha256: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How an attempt ended. None of these is followed by another attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The receiver answered, whether well or badly.
    Answered {
        /// The status of the answer.
        status: u16,
    },
    /// No answer: refused, cut or timed out.
    Failed {
        /// What the HTTP client said.
        error: String,
    },
    /// A fault swallowed it before it was sent.
    Dropped,
}

/// The newest attempts. Older ones are only counted.
#[derive(Debug)]
pub(super) struct Log {
    rows: VecDeque<Delivery>,
    capacity: usize,
    total: u64,
}

impl Log {
    pub(super) fn new(capacity: usize) -> Self {
        Self { rows: VecDeque::new(), capacity, total: 0 }
    }

    pub(super) fn push(&mut self, mut row: Delivery) {
        self.total += 1;
        row.number = self.total;
        if self.rows.len() >= self.capacity {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    pub(super) fn rows(&self) -> Vec<Delivery> {
        self.rows.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.total = 0;
    }
}

/// Computes [`Delivery::body_sha256`] of a body.
pub(super) fn digest(body: &[u8]) -> String {
    const TOKEN: &[u8] = br#""pubsub_token":""#;
    let mut kept = body.to_vec();
    let mut at = 0;
    while let Some(found) = kept[at..].windows(TOKEN.len()).position(|here| here == TOKEN) {
        at += found + TOKEN.len();
        let length = kept[at..].iter().position(|byte| *byte == b'"').unwrap_or_default();
        kept[at..at + length].fill(b'x');
    }
    hex::encode(Sha256::digest(&kept))
}
