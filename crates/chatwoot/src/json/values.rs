//! How many values a text of JSON has, found out without reading it. Read, a value takes up to a hundred times the two
//! bytes that it can be written in.

use super::{Json, parse};

/// The most values that are read of an event. Chatwoot's events have a hundred or two; a mail with hundreds of
/// recipients, or a contact with hundreds of attributes, a few thousand.
pub const MOST_VALUES: usize = 50_000;

/// The one field that some versions print as the text of an object. Nothing else is read like that.
pub(crate) const PRINTED: &str = "content_attributes";

/// The most bytes that a character of that name is written in: `\u005f`.
const LONGEST_ESCAPE: usize = 6;

/// Up to so many values, a quick guess that is too high is good enough.
const FEW: usize = 500;

/// An upper bound for the number of values in a body.
pub fn values(body: &[u8]) -> usize {
    match 1 + marks(body) {
        few @ ..=FEW => few,
        _ => counted(body, false),
    }
}

/// As [`values`], with those in texts that are read as objects: some versions print `content_attributes` like that.
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
    // Where the string begins that began last; that string without its quotes, until it was looked at as a name; and
    // whether the next one is a value that may be the text of an object.
    let (mut begin, mut ended, mut is_printed) = (0, None, false);
    for (at, byte) in body.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' if in_string => {
                (ended, in_string) = (body.get(begin..at), false);
                if is_printed {
                    count += ended.map_or(0, printed);
                    is_printed = false;
                }
            }
            b'"' => (begin, in_string) = (at + 1, true),
            _ if in_string => {}
            // Nothing has been read yet: any number of these may come after one string.
            b':' => is_printed = in_texts && ended.take().is_some_and(is_name),
            b'[' | b'{' | b',' => (count, is_printed) = (count + 1, false),
            _ => {}
        }
    }
    count
}

/// Whether a string, as it is written, is the name of the field.
fn is_name(string: &[u8]) -> bool {
    string == PRINTED.as_bytes()
        || string.len() <= LONGEST_ESCAPE * PRINTED.len()
            && string.contains(&b'\\')
            && unescaped(string, |text| text == PRINTED) == Some(true)
}

/// How many more values a string, as it is written, has as the object that it may be the text of.
fn printed(string: &[u8]) -> usize {
    let values =
        |text: &str| if text.starts_with('{') { counted(text.as_bytes(), false) - 1 } else { 0 };
    unescaped(string, values).unwrap_or_default()
}

/// Reads a string as it will be read with its body. Returns `None` if that cannot be read.
fn unescaped<T>(string: &[u8], read: impl FnOnce(&str) -> T) -> Option<T> {
    let quoted = [b"\"", string, b"\""].concat();
    parse(&quoted, |value| match value {
        Json::Str(text) => Some(read(&text)),
        _ => None,
    })
    .ok()?
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
    fn a_text_that_is_read_as_an_object_is_looked_into() {
        for (text, most) in [
            (r#""[1,2]""#, 2),
            (r#""{\"b\":[1,2]}""#, 5),
            (r#""{\"b\":\",[{\\\",\"}""#, 3),
            (r#""\u007b\"b\":\u005b1\u002c2]}""#, 5),
            (r#""\u007B""#, 3),
            (r#""{\"b\":\"\ud83d\u0000\"}""#, 3),
            (r#""\\{[,""#, 2),
            (r#"["{,,"]"#, 3),
        ] {
            for name in ["content_attributes", r"content\u005fattributes"] {
                let body = format!(r#"{{"{name}" : {text}}}"#);
                assert_eq!(counted(body.as_bytes(), true), most, "{body}");
                assert!(all_values(body.as_bytes()) >= most, "{body}");
                let body = format!(r#"[{body},{{"c":"{{,,"}}]"#);
                assert_eq!(counted(body.as_bytes(), true), most + 3, "{body}");
            }
        }
    }

    /// Looked at anew for each of the colons, the text would keep this test for minutes.
    #[test]
    fn a_text_is_looked_at_once_however_many_colons_come_after_it() {
        for escape in [r"\n", r"\u0063"] {
            let body = format!(r#""{}"{}"#, escape.repeat(250_000), ":".repeat(500_000));
            assert_eq!(all_values(body.as_bytes()), 1);
        }
    }

    #[test]
    fn a_name_is_known_however_it_is_escaped() {
        let escaped: Vec<_> = PRINTED.bytes().map(|byte| format!(r"\u{byte:04x}")).collect();
        let escaped = escaped.concat();
        for (name, values) in [(escaped.clone(), 5), (format!(r"{escaped}\u005f"), 2)] {
            let body = format!(r#"{{"{name}":"{{\"b\":[1,2]}}"}}"#);
            assert_eq!(counted(body.as_bytes(), true), values, "{body}");
        }
    }

    #[test]
    fn no_other_text_is_looked_into() {
        let text = r#""{\"a\":[1,1]}""#;
        for body in [
            format!(r#"{{"content":{text}}}"#),
            format!(r#"{{"content_attributes_":{text}}}"#),
            format!(r#"{{"content_attributes":null,"content":{text}}}"#),
            format!(r#"{{"content":"content_attributes","a":[":",{text}]}}"#),
            format!(r#"["content_attributes",{text}]"#),
        ] {
            let without = body.replace(text, "0");
            assert_eq!(
                counted(body.as_bytes(), true),
                counted(without.as_bytes(), false),
                "{body}"
            );
        }
    }
}
