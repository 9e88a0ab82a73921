//! Forgiving JSON: parsing that survives what Ruby and fifteen channels put into text, and readers that treat a field
//! of an unexpected type as absent.

mod values;

use std::borrow::Cow;
use std::ops::Deref;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde_json::{Map, Value};

pub use self::values::{MOST_VALUES, all_values, values};
pub(crate) use self::values::{PRINTED, are_too_many};

/// A value that borrows its texts from the body, most of which is never kept.
pub(crate) type Json<'a> = serde_json_borrow::Value<'a>;

/// Characters of a name that are kept.
pub(crate) const LONGEST_NAME: usize = 1_000;

/// Parses a body. Repairs it first if it could not be parsed, or stored, as it is.
pub(crate) fn parse<T>(
    body: &[u8],
    read: impl FnOnce(Json<'_>) -> T,
) -> Result<T, serde_json::Error> {
    if let Ok(text) = std::str::from_utf8(body)
        && !text.contains("\\u0000")
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(read(value));
    }
    serde_json::from_slice(&repaired(body)).map(read)
}

/// Replaces bytes that are not UTF-8, escapes of half a surrogate pair and escaped NULs (which Postgres can't store) by
/// replacement characters, and numbers beyond a double by `null`. Anything else that is wrong stays so.
pub(crate) fn repaired(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    let mut in_string = false;
    while let Some(&byte) = rest.first() {
        let mut length = 1;
        match byte {
            b'\\' => {
                let next = rest.get(6..).and_then(escaped_unit);
                match (escaped_unit(rest), next) {
                    (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => length = 12,
                    (Some(0 | 0xD800..=0xDFFF), _) => {
                        out.extend_from_slice("\u{FFFD}".as_bytes());
                        rest = rest.get(6..).unwrap_or_default();
                        continue;
                    }
                    _ => length = 2,
                }
            }
            b'"' => in_string = !in_string,
            b'-' | b'0'..=b'9' if !in_string => {
                let is_part = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                length = rest.iter().take_while(|b| is_part(b)).count();
                let number = rest.get(..length).map(String::from_utf8_lossy);
                if number.and_then(|n| n.parse::<f64>().ok()).is_some_and(f64::is_infinite) {
                    out.extend_from_slice(b"null");
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
            }
            _ => {}
        }
        let (copied, remaining) = rest.split_at(length.min(rest.len()));
        out.extend_from_slice(copied);
        rest = remaining;
    }
    out
}

/// The UTF-16 unit of a `\uXXXX` escape at the start.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// A JSON object whose fields are read as an expected type, or else as absent.
#[derive(Debug, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn from_json(value: Json<'a>) -> Option<Self> {
        match value {
            Json::Object(fields) => Some(Self(fields.into_vec())),
            _ => None,
        }
    }

    /// As [`Object::from_json`], borrowing from a value that owns its texts.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        Self::from_json(value.into())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        last(&self.0, key)
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        int(self.get(key)?)
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Json::Number(number) => number.as_f64(),
            Json::Str(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Json::Bool(value) => Some(*value),
            Json::Number(number) => match number.as_i64()? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
            Json::Str(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "1" | "yes" | "on" => Some(true),
                "false" | "f" | "0" | "no" | "off" | "" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The text as it is; a number becomes its digits.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Json::Str(text) => Some(text.clone().into_owned()),
            number @ Json::Number(_) => Some(Value::from(number).to_string()),
            _ => None,
        }
    }

    /// The text, unless it is empty, for fields where Chatwoot prints `""` for nothing.
    pub(crate) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A name, cut to a length that nobody reads to the end of. Chatwoot takes 255 characters, but whoever may send its
    /// webhooks, or is asked in its place, may say anything, and names are copied to many places.
    pub(crate) fn name(&self, key: &str) -> Option<String> {
        let mut name = self.filled(key)?;
        if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
            name.truncate(end);
            name.shrink_to_fit();
        }
        Some(name)
    }

    pub(crate) fn object(&mut self, key: &str) -> Option<Self> {
        Self::from_json(self.take(key)?)
    }

    /// A free-form object; empty when absent.
    pub(crate) fn map(&mut self, key: &str) -> Map<String, Value> {
        self.object(key).unwrap_or_default().into_map()
    }

    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into())).collect()
    }

    pub(crate) fn list(&mut self, key: &str) -> Vec<Json<'a>> {
        match self.take(key) {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Json<'a>> {
        let (_, value) = self.0.iter_mut().rfind(|(name, _)| name == key)?;
        Some(std::mem::take(value))
    }

    pub(crate) fn time(&self, key: &str) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(micros(self.get(key)?)?)
    }

    /// A time in microseconds since 1970.
    pub(crate) fn micros(&self, key: &str) -> Option<i64> {
        micros(self.get(key)?)
    }
}

/// A field of a value, if that is an object.
pub(crate) fn field<'v, 'a>(value: &'v Json<'a>, key: &str) -> Option<&'v Json<'a>> {
    last(value.as_object()?.as_vec(), key)
}

/// The value of a field. If the field is repeated, the last one counts.
fn last<'v, V>(fields: &'v [(impl Deref<Target = str>, V)], key: &str) -> Option<&'v V> {
    fields.iter().rfind(|(name, _)| **name == *key).map(|(_, value)| value)
}

/// An integer, whole number, or text of an integer.
pub(crate) fn int(value: &Json<'_>) -> Option<i64> {
    match value {
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Json::Str(text) => int_in(text),
        _ => None,
    }
}

pub(crate) fn int_in(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// The integer that a double is, if it is one and is held exactly.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "within ±2^53, without a fraction")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Microseconds since 1970 of a time in any of Chatwoot's forms: ISO 8601, the older
/// `2020-03-03 13:05:57 UTC`, whole or fractional seconds, and either as text. Zero is "never", and
/// so is anything outside the years 1 to 9999.
pub(crate) fn micros(value: &Json<'_>) -> Option<i64> {
    let micros = match value {
        Json::Number(number) => match number.as_i64() {
            Some(seconds) => seconds.checked_mul(1_000_000),
            None => whole((number.as_f64()? * 1e6).round()),
        },
        Json::Str(text) => micros_in(text.trim()),
        _ => None,
    }?;
    let year = DateTime::from_timestamp_micros(micros)?.year();
    (micros != 0 && (1..=9999).contains(&year)).then_some(micros)
}

fn micros_in(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1_000_000);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return whole((seconds * 1e6).round());
    }
    let naive = text.strip_suffix("UTC").unwrap_or(text).trim_end();
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(naive, form).ok())
        .map(|time| time.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_time_form_is_read() {
        for (value, expected) in [
            (json!("2026-10-06T08:15:42.188Z"), Some(1_791_274_542_188_000)),
            (json!("2026-10-06T10:15:42.188+02:00"), Some(1_791_274_542_188_000)),
            (json!("2026-10-06T08:15:42"), Some(1_791_274_542_000_000)),
            (json!("2020-03-03 13:05:57 UTC"), Some(1_583_240_757_000_000)),
            (json!(1_791_274_542), Some(1_791_274_542_000_000)),
            (json!("1791274542"), Some(1_791_274_542_000_000)),
            (json!(1_790_000_000.373_712_8), Some(1_790_000_000_373_713)),
            (json!("1790000000.3737128"), Some(1_790_000_000_373_713)),
            (json!(0), None),
            (json!(0.0), None),
            (json!("0"), None),
            (json!(null), None),
            (json!(""), None),
            (json!("Tue Oct 06 2026 10:14:58 GMT+0200"), None),
            (json!(i64::MAX), None),
            (json!(1e300), None),
            (json!("NaN"), None),
            (json!([1]), None),
            (json!(true), None),
        ] {
            assert_eq!(micros(&(&value).into()), expected, "{value}");
        }
    }

    #[test]
    fn integers_are_read_from_every_honest_form() {
        for (value, expected) in [
            (json!(42), Some(42)),
            (json!("42"), Some(42)),
            (json!(" 42 "), Some(42)),
            (json!(42.0), Some(42)),
            (json!(42.5), None),
            (json!(1e40), None),
            (json!(u64::MAX), None),
            (json!("4e1"), None),
            (json!(null), None),
            (json!({"id": 1}), None),
        ] {
            assert_eq!(int(&(&value).into()), expected, "{value}");
        }
    }

    #[test]
    fn broken_text_is_repaired_and_whole_text_kept() {
        for (body, expected) in [
            (&br#"{"a":"\ud83d\ude00"}"#[..], json!({"a": "😀"})),
            (br#"{"a":"\ud83dx"}"#, json!({"a": "\u{FFFD}x"})),
            (br#"{"a":"\ude00"}"#, json!({"a": "\u{FFFD}"})),
            (br#"{"a":"\u0000b"}"#, json!({"a": "\u{FFFD}b"})),
            (br#"{"a":"\\u0000b"}"#, json!({"a": "\\u0000b"})),
            (b"{\"a\":\"\xff\"}", json!({"a": "\u{FFFD}"})),
            (
                br#"{"a":1e999,"b":"1e999\"","c":-1e999}"#,
                json!({"a": null, "b": "1e999\"", "c": null}),
            ),
        ] {
            assert_eq!(parse(body, |value| Value::from(value)).unwrap(), expected);
        }
        for body in [&b""[..], b"{", b"\\", b"\"\\u", b"[1,]", b"nul"] {
            assert!(parse(body, |value| Value::from(value)).is_err());
        }
    }

    #[test]
    fn of_a_repeated_field_the_last_one_counts() {
        let body = br#"{"a":1,"b":{"c":1,"c":2},"a":"3"}"#;
        parse(body, |value| {
            assert_eq!(field(field(&value, "b").unwrap(), "c").and_then(int), Some(2));
            let mut object = Object::from_json(value).unwrap();
            assert_eq!((object.text("a").as_deref(), object.int("a")), (Some("3"), Some(3)));
            assert_eq!(object.map("b"), Map::from_iter([("c".to_owned(), 2.into())]));
        })
        .unwrap();
    }

    proptest! {
        /// A float of seconds, printed by Ruby, loses no microsecond.
        #[test]
        fn microseconds_survive_the_float(expected in 1_i64..4_102_444_800_000_000) {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let printed = (expected as f64 / 1e6).to_string();
            let value: Value = serde_json::from_str(&printed).unwrap();
            prop_assert_eq!(micros(&(&value).into()), Some(expected));
        }
    }
}
