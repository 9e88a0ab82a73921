//! Signatures of webhook deliveries.
//!
//! Chatwoot signs `<timestamp>.<body>` with HMAC-SHA256 under the webhook's secret. The key is the
//! secret's text as it stands, and the body is the bytes that travelled: parsing and printing them
//! again would change escapes and key order, and with them the signature.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Header with the time of sending: Unix seconds as decimal text.
pub const TIMESTAMP_HEADER: &str = "x-chatwoot-timestamp";
/// Header with the signature: `sha256=` and 64 hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-chatwoot-signature";
/// Header with the delivery's UUID: one per webhook and event, not one per event.
pub const DELIVERY_HEADER: &str = "x-chatwoot-delivery";
/// How far a timestamp may be from the receiver's clock, in either direction.
pub const TOLERANCE: Duration = Duration::from_mins(5);

const SCHEME: &[u8] = b"sha256=";

/// Why a delivery is not to be trusted. Every variant is a refusal; none is worth a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request lacks the named header, as every request of an unsigned webhook does.
    #[error(
        "the header {0} is missing: the webhook has no secret or Chatwoot is older than 4.11.2"
    )]
    MissingHeader(&'static str),
    /// The timestamp is not Unix seconds in decimal digits.
    #[error("the timestamp header must be Unix seconds in decimal digits")]
    MalformedTimestamp,
    /// The timestamp is further from the receiver's clock than the tolerance: a replay, or a clock
    /// that is wrong.
    #[error("the timestamp is {seconds} s away from this clock: check both clocks")]
    StaleTimestamp {
        /// The distance, always positive.
        seconds: u64,
    },
    /// The signature is not `sha256=` and 64 hexadecimal digits.
    #[error("the signature header must be sha256= and 64 hexadecimal digits")]
    MalformedSignature,
    /// No valid secret made this signature for these bytes.
    #[error("the signature does not match: check that the stored secret is the webhook's")]
    Mismatch,
}

/// Signs a body the way Chatwoot does: `sha256=<hex>` over `<timestamp>.<body>`.
///
/// `timestamp` is the text of the timestamp header.
pub fn sign(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length, so the second arm is never taken.
    let Some(mac) = mac(secret, timestamp.as_bytes(), body) else { return String::new() };
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Reads the headers of a signature and returns the digest that the signature has to have, without looking at what was
/// signed. The headers are taken as received. `now` is in Unix seconds.
pub fn presented(
    timestamp: Option<&[u8]>,
    signature: Option<&[u8]>,
    now: i64,
    tolerance: Duration,
) -> Result<[u8; 32], SignatureError> {
    let timestamp = timestamp.ok_or(SignatureError::MissingHeader(TIMESTAMP_HEADER))?;
    let signature = signature.ok_or(SignatureError::MissingHeader(SIGNATURE_HEADER))?;

    let sent_at = seconds(timestamp).ok_or(SignatureError::MalformedTimestamp)?;
    let distance = now.abs_diff(sent_at);
    if distance > tolerance.as_secs() {
        return Err(SignatureError::StaleTimestamp { seconds: distance });
    }

    let digits = signature.strip_prefix(SCHEME).ok_or(SignatureError::MalformedSignature)?;
    let mut digest = [0_u8; 32];
    hex::decode_to_slice(digits, &mut digest).map_err(|_| SignatureError::MalformedSignature)?;
    Ok(digest)
}

/// Checks a delivery against every secret that is valid at present (two during a rotation).
///
/// The headers and the body are taken as received. `now` is in Unix seconds. Each comparison takes
/// constant time and every secret is tried, so the time taken does not tell which one matched. An
/// empty secret never matches, since anybody could sign with it.
pub fn verify<'a>(
    secrets: impl IntoIterator<Item = &'a [u8]>,
    timestamp: Option<&[u8]>,
    signature: Option<&[u8]>,
    body: &[u8],
    now: i64,
    tolerance: Duration,
) -> Result<(), SignatureError> {
    let digest = presented(timestamp, signature, now, tolerance)?;
    let timestamp = timestamp.unwrap_or_default();
    let mut valid = false;
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        valid |= mac(secret, timestamp, body).is_some_and(|mac| mac.verify_slice(&digest).is_ok());
    }
    if valid { Ok(()) } else { Err(SignatureError::Mismatch) }
}

fn mac(secret: &[u8], timestamp: &[u8], body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(timestamp);
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

fn seconds(text: &[u8]) -> Option<i64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"event":"message_created","id":9}"#;
    const NOW: i64 = 1_791_274_542;

    fn check(secrets: &[&[u8]], timestamp: &str, signature: &str) -> Result<(), SignatureError> {
        verify(
            secrets.iter().copied(),
            Some(timestamp.as_bytes()),
            Some(signature.as_bytes()),
            BODY,
            NOW,
            TOLERANCE,
        )
    }

    /// What `openssl dgst -sha256 -hmac secret` makes of `1791274542.` and the body.
    const KNOWN: &str = "sha256=a356497bd865b930f55a644c93c656099702892d32f38ebbbe4e1b5022aa7cc5";

    #[test]
    fn the_signature_is_plain_hmac_sha256() {
        assert_eq!(sign(b"secret", "1791274542", BODY), KNOWN);
    }

    #[test]
    fn either_secret_is_valid_during_a_rotation() {
        for secret in [b"old".as_slice(), b"new"] {
            let signature = sign(secret, "1791274542", BODY);
            assert_eq!(check(&[b"old", b"new"], "1791274542", &signature), Ok(()));
        }
        let signature = sign(b"third", "1791274542", BODY);
        assert_eq!(
            check(&[b"old", b"new"], "1791274542", &signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn an_empty_secret_and_no_secret_trust_nobody() {
        let signature = sign(b"", "1791274542", BODY);
        assert_eq!(check(&[b""], "1791274542", &signature), Err(SignatureError::Mismatch));
        assert_eq!(check(&[], "1791274542", &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn the_timestamp_is_part_of_what_is_signed() {
        let signature = sign(b"s", "1791274541", BODY);
        assert_eq!(check(&[b"s"], "1791274542", &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn timestamps_are_accepted_within_the_tolerance_in_both_directions() {
        for (offset, expected) in [
            (-300, Ok(())),
            (300, Ok(())),
            (-301, Err(SignatureError::StaleTimestamp { seconds: 301 })),
            (301, Err(SignatureError::StaleTimestamp { seconds: 301 })),
        ] {
            let timestamp = (NOW + offset).to_string();
            let signature = sign(b"s", &timestamp, BODY);
            assert_eq!(check(&[b"s"], &timestamp, &signature), expected, "{offset}");
        }
    }

    #[test]
    fn malformed_headers_are_named() {
        let good = sign(b"s", "1791274542", BODY);
        for timestamp in ["", "-5", "+5", "1791274542 ", "1.5", "99999999999999999999", "é"] {
            assert_eq!(
                check(&[b"s"], timestamp, &good),
                Err(SignatureError::MalformedTimestamp),
                "{timestamp:?}"
            );
        }
        for signature in ["", "sha256=", "sha256=00", &good[7..], "sha1=00", &good[..70]] {
            assert_eq!(
                check(&[b"s"], "1791274542", signature),
                Err(SignatureError::MalformedSignature),
                "{signature:?}"
            );
        }
        assert_eq!(
            verify([b"s".as_slice()], None, Some(good.as_bytes()), BODY, NOW, TOLERANCE),
            Err(SignatureError::MissingHeader(TIMESTAMP_HEADER))
        );
        assert_eq!(
            verify([b"s".as_slice()], Some(b"1791274542"), None, BODY, NOW, TOLERANCE),
            Err(SignatureError::MissingHeader(SIGNATURE_HEADER))
        );
    }
}
