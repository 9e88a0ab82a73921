//! Paging through lists: by page number for the first pages, by cursor to any depth.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// Rows per page if the caller does not say.
const DEFAULT_LIMIT: u32 = 25;
/// Most rows per page.
const MAX_LIMIT: u32 = 100;
/// Rows that page numbers reach. Beyond them, each page would cost more than the one before.
const MAX_OFFSET: u32 = 10_000;

/// The part of a list that is paged by number and has no filter.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Numbered {
    /// Number of the page, from 1. Pages reach the first 10,000 rows of the list.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// Most rows per page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl Numbered {
    pub(crate) fn asked(self) -> Result<Asked, ApiError> {
        Asked::read_or(self.page, self.limit, None, "this list does not show the others")
    }
}

/// The part of a list that is paged by cursor and has no filter.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ByCursor {
    /// Most rows per page; 25 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

impl ByCursor {
    pub(crate) fn asked(self) -> Result<Asked, ApiError> {
        Asked::read(None, self.limit, self.cursor)
    }
}

/// The place of a page in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// Most rows per page.
    #[schema(example = 25)]
    pub(crate) limit: u32,
    /// The number of this page. Missing if it was asked for by a cursor.
    #[serde(rename = "page", skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub(crate) number: Option<u32>,
    /// The `cursor` of the next page; null at the end of the list. Missing in lists that are paged
    /// by number only: they end with a page that has fewer rows than its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "null means something else than a missing field")]
    pub(crate) next_cursor: Option<Option<String>>,
}

/// The part of a list that a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) limit: u32,
    start: Start,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Start {
    Page(u32),
    Cursor(String),
}

impl Asked {
    pub(crate) fn read(
        page: Option<u32>,
        limit: Option<u32>,
        cursor: Option<String>,
    ) -> Result<Self, ApiError> {
        Self::read_or(page, limit, cursor, "go on with nextCursor")
    }

    /// What to do about rows that no number reaches is said `beyond`.
    fn read_or(
        page: Option<u32>,
        limit: Option<u32>,
        cursor: Option<String>,
        beyond: &str,
    ) -> Result<Self, ApiError> {
        let limit = self::limit(limit)?;
        let start = match (page, cursor.filter(|cursor| !cursor.is_empty())) {
            (Some(_), Some(_)) => {
                return Err(ApiError::field("cursor", "cannot be combined with page"));
            }
            (None, Some(cursor)) => Start::Cursor(cursor),
            (Some(0), None) => return Err(ApiError::field("page", "must be at least 1")),
            (Some(page), None) if (page - 1).saturating_mul(limit) > MAX_OFFSET => {
                let message = format!("reaches only the first {MAX_OFFSET} rows; {beyond}");
                return Err(ApiError::field("page", message));
            }
            (page, None) => Start::Page(page.unwrap_or(1)),
        };
        Ok(Self { limit, start })
    }

    /// How many rows come before this page.
    pub(crate) fn skip(&self) -> u32 {
        match self.start {
            Start::Page(page) => (page - 1) * self.limit,
            Start::Cursor(_) => 0,
        }
    }

    /// Returns the place after which this page begins, or `None` for the beginning of the list.
    pub(crate) fn after<P>(
        &self,
        read: impl FnOnce(&str) -> Result<P, ApiError>,
    ) -> Result<Option<P>, ApiError> {
        match &self.start {
            Start::Page(_) => Ok(None),
            Start::Cursor(cursor) => read(cursor).map(Some),
        }
    }

    /// Returns where this page begins, in a list that is paged by number and by cursor.
    pub(crate) fn begin<P>(
        &self,
        read: impl FnOnce(&str) -> Result<P, ApiError>,
    ) -> Result<store::Start<P>, ApiError> {
        let after = self.after(read)?;
        Ok(after.map_or_else(|| store::Start::Skip(self.skip()), store::Start::After))
    }

    /// Describes this page of a list that is paged by number and by cursor.
    pub(crate) fn page(&self, next_cursor: Option<String>) -> Page {
        Page { next_cursor: Some(next_cursor), ..self.numbered() }
    }

    /// Describes this page of a list that is paged by number only.
    pub(crate) fn numbered(&self) -> Page {
        let number = match self.start {
            Start::Page(number) => Some(number),
            Start::Cursor(_) => None,
        };
        Page { limit: self.limit, number, next_cursor: None }
    }
}

/// Checks the number of rows that a caller asked for.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(ApiError::field("limit", format!("must be 1 to {MAX_LIMIT}"))),
    }
}

/// Makes an opaque cursor of a place in a list.
pub(crate) fn encode(place: &impl Serialize) -> String {
    // Places are numbers and text, which always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// Returns the place that [`encode`] was given.
pub(crate) fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, ApiError> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(foreign_cursor)
}

/// Makes an opaque cursor of a time, in microseconds as the database has it, and an id.
pub(crate) fn encode_moment(at: DateTime<Utc>, id: impl Serialize) -> String {
    encode(&(at.timestamp_micros(), id))
}

/// Returns the place that [`encode_moment`] was given.
pub(crate) fn decode_moment<I: DeserializeOwned>(
    cursor: &str,
) -> Result<(DateTime<Utc>, I), ApiError> {
    let (micros, id): (i64, I) = decode(cursor)?;
    Ok((moment(Some(micros))?, id))
}

/// Reads the time in a cursor, in microseconds since 1970. Nothing here is older, and the database
/// does not know every time that a cursor could hold.
pub(crate) fn moment(micros: Option<i64>) -> Result<DateTime<Utc>, ApiError> {
    micros
        .filter(|micros| *micros >= 0)
        .and_then(DateTime::from_timestamp_micros)
        .ok_or_else(foreign_cursor)
}

fn foreign_cursor() -> ApiError {
    ApiError::field("cursor", "is not from this list; leave it out to begin at the start")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_bounded() {
        assert_eq!(Asked::read(Some(3), Some(50), None).unwrap().skip(), 100);
        assert!(Asked::read(Some(101), Some(100), None).is_ok());
        for (page, limit) in
            [(Some(0), None), (Some(u32::MAX), Some(100)), (None, Some(101)), (None, Some(0))]
        {
            assert!(Asked::read(page, limit, None).is_err(), "{page:?} {limit:?}");
        }
        assert!(Asked::read(Some(2), None, Some("x".to_owned())).is_err());
        let numbered = Numbered { page: Some(102), limit: Some(100) };
        let refused = format!("{:?}", numbered.asked().unwrap_err());
        assert!(refused.contains("10000 rows") && !refused.contains("nextCursor"), "{refused}");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        assert_eq!(decode::<(u8, String)>(&encode(&(7, "a"))).unwrap(), (7, "a".to_owned()));
        for text in ["", "!", "eyJ9", &encode(&"other")] {
            assert!(decode::<(u8, String)>(text).is_err(), "{text}");
        }
    }
}
