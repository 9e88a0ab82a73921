//! Which of two snapshots of the same row is the newer one.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A snapshot's place in the total order of a row's snapshots. The greatest one wins, whatever the order of arrival.
///
/// `at` is the newest instant that the snapshot knows of, in microseconds since 1970 (0 if none is known). `step`
/// orders snapshots of one instant. `digest`, of the content, settles what is still equal, so two workers that see the
/// same snapshots in different orders agree.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Version {
    /// Microseconds since 1970; 0 if unknown.
    pub at: i64,
    /// The order within one instant.
    pub step: i64,
    /// See [`Digest`].
    pub digest: i64,
}

impl Version {
    /// The least version above this one, for a snapshot that is known to be newer and cannot date itself. Whatever
    /// happens later and has a time still wins over it.
    #[must_use]
    pub fn next(self) -> Self {
        match self.digest.checked_add(1) {
            Some(digest) => Self { digest, ..self },
            None => Self { step: self.step.saturating_add(1), digest: i64::MIN, ..self },
        }
    }
}

/// Eight bytes of a SHA-256 over JSON values. Equal values have equal digests, whatever the order of their keys.
#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    /// The digest of a text.
    pub fn of_text(text: &[u8]) -> i64 {
        Self(Sha256::new_with_prefix(text)).finish()
    }

    /// The digest of one value.
    pub fn of(value: &Value) -> i64 {
        let mut digest = Self::default();
        digest.add(value);
        digest.finish()
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Bool(true) => self.0.update(b"t"),
            Value::Bool(false) => self.0.update(b"f"),
            Value::Number(number) => self.text(b"#", &number.to_string()),
            Value::String(text) => self.text(b"s", text),
            Value::Array(items) => {
                self.count(b"[", items.len());
                for item in items {
                    self.add(item);
                }
            }
            Value::Object(fields) => {
                self.count(b"{", fields.len());
                let mut keys: Vec<_> = fields.iter().collect();
                keys.sort_unstable_by_key(|(key, _)| *key);
                for (key, field) in keys {
                    self.text(b"k", key);
                    self.add(field);
                }
            }
        }
    }

    fn text(&mut self, tag: &[u8], text: &str) {
        self.count(tag, text.len());
        self.0.update(text);
    }

    fn count(&mut self, tag: &[u8], count: usize) {
        self.0.update(tag);
        self.0.update((count as u64).to_be_bytes());
    }

    fn finish(self) -> i64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0.finalize()[..8]);
        i64::from_be_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn structure_counts_in_a_digest() {
        let digests =
            [json!(["ab"]), json!(["a", "b"]), json!({"a": "b"}), json!("ab"), json!(null)]
                .map(|value| Digest::of(&value));
        for (i, a) in digests.iter().enumerate() {
            assert!(digests[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn the_next_version_is_just_above() {
        let v = |at, step, digest| Version { at, step, digest };
        for (version, next) in [(v(1, 2, 3), v(1, 2, 4)), (v(1, 2, i64::MAX), v(1, 3, i64::MIN))] {
            assert_eq!(version.next(), next);
            assert!(next > version && next < v(2, 0, i64::MIN));
        }
    }

    #[test]
    fn time_beats_step_beats_digest() {
        let v = |at, step, digest| Version { at, step, digest };
        assert!(v(2, 0, 0) > v(1, 9, 9));
        assert!(v(1, 1, 0) > v(1, 0, 9));
    }
}
