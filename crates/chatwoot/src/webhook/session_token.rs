//! Removing the tokens of visitors' live sessions, which are nobody's business but the visitors' and Chatwoot's.

use memchr::memmem;

const KEY: &[u8] = br#""pubsub_token""#;

/// Overwrites the tokens of visitors' sessions (`pubsub_token`) in a body with `x`. The body keeps its length, and
/// stays JSON if it was JSON; equal bodies stay equal.
pub fn blank_session_tokens(body: &mut [u8]) {
    let mut from = 0;
    while let Some(found) = memmem::find(&body[from..], KEY) {
        let key = from + found;
        from = key + KEY.len();
        // After a backslash it is not a key but part of a text.
        let is_key = key.checked_sub(1).is_none_or(|before| body[before] != b'\\');
        if is_key && let Some(begin) = text_after_colon(body, from) {
            let end = end_of_text(body, begin);
            body[begin..end].fill(b'x');
            from = end;
        }
    }
}

/// The beginning of the text that is the value of a key which ended at `key_end`. Returns `None` if the value is not a
/// text.
fn text_after_colon(body: &[u8], key_end: usize) -> Option<usize> {
    let colon = skip_space(body, key_end);
    let quote = skip_space(body, colon + 1);
    (body.get(colon) == Some(&b':') && body.get(quote) == Some(&b'"')).then_some(quote + 1)
}

fn skip_space(body: &[u8], from: usize) -> usize {
    let rest = body.get(from..).unwrap_or_default();
    let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    from + space.count()
}

/// The position of the closing quote, or the end of a body that breaks off.
fn end_of_text(body: &[u8], begin: usize) -> usize {
    let mut at = begin;
    while let Some(byte) = body.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn blanked(body: &str) -> String {
        let mut bytes = body.as_bytes().to_vec();
        blank_session_tokens(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_tokens_values_go_and_all_else_stays() {
        for (body, expected) in [
            (r#"{"pubsub_token":"abc","a":1}"#, r#"{"pubsub_token":"xxx","a":1}"#),
            ("{\"pubsub_token\" \t:\n \"abc\"}", "{\"pubsub_token\" \t:\n \"xxx\"}"),
            (
                r#"[{"pubsub_token":"a"},{"pubsub_token":"b"}]"#,
                r#"[{"pubsub_token":"x"},{"pubsub_token":"x"}]"#,
            ),
            (r#"{"pubsub_token":"a\"b\\"}"#, r#"{"pubsub_token":"xxxxxx"}"#),
            (r#"{"pubsub_token":""}"#, r#"{"pubsub_token":""}"#),
        ] {
            assert_eq!(blanked(body), expected);
        }
    }

    #[test]
    fn what_only_looks_like_a_token_stays() {
        for body in [
            r#"{"pubsub_token":null,"a":"b"}"#,
            r#"{"pubsub_token":7}"#,
            r#"{"content":"my \"pubsub_token\":\"abc\""}"#,
            r#"{"a\"pubsub_token":"abc"}"#,
            r#"{"key":"pubsub_token","value":"abc"}"#,
            r#"["pubsub_token","abc"]"#,
            r#"{"old_pubsub_token":"abc"}"#,
            r#"{"pubsub_token""#,
            r#"{"pubsub_token":"#,
        ] {
            assert_eq!(blanked(body), body);
        }
    }

    #[test]
    fn a_body_that_breaks_off_shows_nothing() {
        for begun in [r#"{"pubsub_token":"abc"#, r#"{"pubsub_token":"ab\"#] {
            assert_eq!(blanked(begun), r#"{"pubsub_token":"xxx"#);
        }
    }

    /// Puts x for every token, as a reader of JSON would.
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| match value {
                Value::String(token) if key == "pubsub_token" => *token = "x".repeat(token.len()),
                value => blank(value),
            }),
            Value::Array(values) => values.iter_mut().for_each(blank),
            _ => {}
        }
    }

    #[test]
    fn of_real_bodies_nothing_but_the_tokens_changes() {
        let mut tokens = 0;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/webhooks");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let body = std::fs::read(&path).unwrap();
            let (mut blanked, Ok(mut expected)) = (body.clone(), serde_json::from_slice(&body))
            else {
                continue;
            };
            blank_session_tokens(&mut blanked);
            blank(&mut expected);
            let found: Value = serde_json::from_slice(&blanked).unwrap();
            assert_eq!(found, expected, "{}", path.display());
            tokens += usize::from(blanked != body);
        }
        assert!(tokens > 10, "some have one: {tokens}");
    }

    proptest! {
        #[test]
        fn whatever_comes_stays_as_long_as_it_was(
            body in proptest::collection::vec(
                proptest::sample::select(vec![
                    &b"\"pubsub_token\""[..], b":", b"\"", b"\\", b" ", b"abc", b"{", b"\xff",
                ]),
                0..20,
            )
        ) {
            let mut blanked = body.concat();
            let length = blanked.len();
            blank_session_tokens(&mut blanked);
            prop_assert_eq!(blanked.len(), length);
            let once = blanked.clone();
            blank_session_tokens(&mut blanked);
            prop_assert_eq!(blanked, once, "twice is once");
        }
    }
}
