//! Which bytes of a file a request asks for. One part at a time: a request for several gets the whole file.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::error::ApiError;

/// What a request asks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: the caller has the file already.
    Known,
    /// All of it.
    Whole,
    /// A part.
    Part(Part),
}

/// A part of a file, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// From this byte on.
    From(u64),
    /// From the one byte to the other, both included.
    Between(u64, u64),
    /// This many bytes at the end.
    Last(u64),
}

impl Asked {
    /// Reads what a request asks of the file with this tag.
    pub(crate) fn read(headers: &HeaderMap, tag: &str) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let names =
            |tags: &str| tags.split(',').any(|one| matches!(one.trim(), "*") || weak(one) == tag);
        if text(header::IF_NONE_MATCH).is_some_and(names) {
            return Self::Known;
        }
        // The caller has a part of another version, so they want all of this one.
        let is_this = |wanted: &HeaderValue| wanted.to_str().is_ok_and(|text| text.trim() == tag);
        if headers.get(header::IF_RANGE).is_some_and(|wanted| !is_this(wanted)) {
            return Self::Whole;
        }
        text(header::RANGE).and_then(Part::read).map_or(Self::Whole, Self::Part)
    }
}

fn weak(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

impl Part {
    fn read(text: &str) -> Option<Self> {
        let (first, last) = text.trim().strip_prefix("bytes=")?.trim().split_once('-')?;
        let (first, last) = (first.trim(), last.trim());
        match (first.is_empty(), last.is_empty()) {
            (true, true) => None,
            (true, false) => number(last).map(Self::Last),
            (false, true) => number(first).map(Self::From),
            (false, false) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// The range of these bytes in a file of this length.
    pub(crate) fn of(self, length: u64) -> Result<Range<u64>, ApiError> {
        let range = match self {
            Self::From(first) => first..length,
            Self::Between(first, last) => first..length.min(last.saturating_add(1)),
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        if range.is_empty() { Err(ApiError::NoSuchPart(Some(length))) } else { Ok(range) }
    }
}

/// Writes the part as a `Range` header has it.
impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Between(first, last) => write!(f, "bytes={first}-{last}"),
            Self::Last(count) => write!(f, "bytes=-{count}"),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(header::HeaderName, &str)]) -> Asked {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        Asked::read(&headers.collect(), "\"t\"")
    }

    #[test]
    fn one_part_is_given_and_what_is_none_gets_all() {
        for (text, part) in [
            ("bytes=0-0", Some(Part::Between(0, 0))),
            ("bytes=5-", Some(Part::From(5))),
            ("bytes=-5", Some(Part::Last(5))),
            ("bytes=5-4", None),
            ("bytes=-", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("lines=1-2", None),
            ("bytes=99999999999999999999-", None),
        ] {
            let expected = part.map_or(Asked::Whole, Asked::Part);
            assert_eq!(asked(&[(header::RANGE, text)]), expected, "{text}");
        }
    }

    #[test]
    fn a_part_lies_within_the_file() {
        for (part, range) in [
            (Part::From(3), Some(3..10)),
            (Part::From(10), None),
            (Part::Between(3, 4), Some(3..5)),
            (Part::Between(3, u64::MAX), Some(3..10)),
            (Part::Last(4), Some(6..10)),
            (Part::Last(40), Some(0..10)),
            (Part::Last(0), None),
        ] {
            assert_eq!(part.of(10).ok(), range, "{part:?}");
        }
        assert!(Part::Last(1).of(0).is_err());
    }

    #[test]
    fn conditions_are_heeded() {
        let part = (header::RANGE, "bytes=0-1");
        assert_eq!(asked(&[(header::IF_NONE_MATCH, "\"x\", W/\"t\"")]), Asked::Known);
        assert_eq!(
            asked(&[(header::IF_NONE_MATCH, "\"x\""), part.clone()]),
            Asked::Part(Part::Between(0, 1))
        );
        assert_eq!(asked(&[(header::IF_RANGE, "\"x\""), part.clone()]), Asked::Whole);
        assert_eq!(asked(&[(header::IF_RANGE, "\"t\""), part]), Asked::Part(Part::Between(0, 1)));
    }
}
