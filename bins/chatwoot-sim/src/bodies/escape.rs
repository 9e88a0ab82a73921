//! The escapes of Rails' JSON encoder.

use serde_json::Value;

/// Prints one line of JSON in which `<`, `>`, `&`, U+2028 and U+2029 are written as `\uXXXX`.
///
/// JSON has none of them outside of strings, so the printed text can be rewritten blindly.
pub(crate) fn print(body: &Value) -> String {
    let plain = body.to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return plain;
    }
    let mut escaped = String::with_capacity(plain.len() + 64);
    for c in plain.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaping_changes_the_text_but_not_the_value(text in "[<>&\u{2028}\u{2029}\\\\\"a-zé]*") {
            let body = serde_json::json!({ "content": text });
            let printed = print(&body);
            let raw = printed.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(!raw, "{}", printed);
            prop_assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), body);
        }
    }
}
