//! How many values a text of JSON has, found out without reading it. Read, a value takes up to a hundred times the two
//! bytes that it can be written in.

use super::escaped_unit;

/// The most values that are read of an event. Chatwoot's events have a hundred or two; a mail with hundreds of
/// recipients, or a contact with hundreds of attributes, a few thousand.
pub const MOST_VALUES: usize = 50_000;

/// Up to so many values, a quick guess that is too high is good enough.
const FEW: usize = 500;

/// An upper bound for the number of values in a body.
pub fn values(body: &[u8]) -> usize {
    match 1 + marks(body) {
        few @ ..=FEW => few,
        _ => counted(body, false),
    }
}

/// As [`values`], with those in texts that may be objects, as some versions print `content_attributes`.
pub fn all_values(body: &[u8]) -> usize {
    match 1 + marks(body) {
        few @ ..=FEW => few,
        _ => counted(body, true),
    }
}

/// Whether a body has more values than are read of an event.
pub(crate) fn are_too_many(body: &[u8]) -> bool {
    body.len() > MOST_VALUES && all_values(body) > MOST_VALUES
}

/// How often the characters occur before which a value may begin, be it in texts, where they may be escaped.
fn marks(body: &[u8]) -> usize {
    let is_mark = |byte: &u8| matches!(byte, b'[' | b'{' | b',' | b'\\');
    // In chunks that are counted in a byte, many at once.
    let of = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(is_mark(byte))).sum::<u8>();
    body.chunks(255).map(|chunk| usize::from(of(chunk))).sum()
}

fn counted(body: &[u8], in_texts: bool) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    // In a string that is to be read like a body.
    let mut printed = false;
    for (at, byte) in body.iter().enumerate() {
        match byte {
            _ if escaped => {
                escaped = false;
                count += usize::from(printed && *byte == b'u');
            }
            b'\\' => escaped = in_string,
            b'"' => {
                in_string = !in_string;
                printed = in_texts && in_string && body.get(at + 1..).is_some_and(begins_object);
            }
            b'[' | b'{' | b',' if !in_string || printed => count += 1,
            _ => {}
        }
    }
    count
}

/// Whether an object begins a string.
fn begins_object(string: &[u8]) -> bool {
    string.first() == Some(&b'{') || escaped_unit(string) == Some(u16::from(b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_not_what_texts_hold() {
        for (body, most) in [
            (&b"1"[..], 1),
            (br#"["a,b[{\",","c"]"#, 3),
            (br#"{"a":1,"b":[2,3]}"#, 5),
            (b"[[],[],[]]", 7),
        ] {
            let text = String::from_utf8_lossy(body);
            assert_eq!(counted(body, false), most, "{text}");
            assert!((most..=body.len()).contains(&values(body)), "{text}");
            let many = format!("[{}{text}]", format!("{text},").repeat(FEW));
            assert_eq!(values(many.as_bytes()), 1 + most * (FEW + 1), "{text}");
        }
    }

    #[test]
    fn texts_that_may_be_objects_are_looked_into() {
        for (body, most) in [
            (&br#"{"a":"[1,2]"}"#[..], 2),
            (br#"{"a":"{\"b\":[1,2]}","c":",,"}"#, 6),
            (br#"{"a":"\u007b\"b\":\u005b1\u002c2]}"}"#, 5),
            (br#"{"a":"\u007B"}"#, 3),
            (br#"{"a":"\\{[,","b":"\u003c,"}"#, 3),
        ] {
            let text = String::from_utf8_lossy(body);
            assert_eq!(counted(body, true), most, "{text}");
            assert!(all_values(body) >= most, "{text}");
        }
    }
}
