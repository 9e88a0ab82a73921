//! The text of messages, which Chatwoot prints in several forms.

/// The plain form of a message's text, the same for what webhooks and REST print of one message. Its editor ends a line
/// within a paragraph with a backslash, and writes `\--` where a line of dashes or equals signs follows, as before a
/// signature. REST prints that as it is; webhooks leave out some or all of these backslashes and the end of the text,
/// each version of Chatwoot others.
pub fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let goes_on = lines.peek().is_some();
        let line = if goes_on { line.trim_end_matches(['\\', '\r']) } else { line };
        plain.push_str(unescaped(line));
        if goes_on {
            plain.push('\n');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// What two texts are compared by: [`plain_text`], and no backslash at the end. Of one that stood before line breaks
/// there, only REST shows that it did.
pub fn comparable_text(text: &str) -> String {
    plain_text(text.trim_end_matches(|c: char| c.is_whitespace() || c == '\\'))
}

/// A line of dashes or equals signs without the backslash before it.
fn unescaped(line: &str) -> &str {
    let bare = line.trim_start_matches('\\');
    let marks = bare.trim_end_matches([' ', '\t', '\r']);
    let is_only = |mark: char| !marks.is_empty() && marks.chars().all(|c| c == mark);
    if is_only('-') || is_only('=') { bare } else { line }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the versions of Chatwoot's webhooks print of a text: with the hard breaks made plain, at first and with the
    /// escapes left, then with the end left out, then with each escape undone, then only those behind a hard break.
    fn printed(text: &str) -> [String; 5] {
        const HARD: &str = "\u{1}";
        let marked = text.replace("\\\r\n", HARD).replace("\\\n", HARD);
        let broken = marked.replace(HARD, "\n");
        let undone = |line: &str| match line.strip_prefix('\\') {
            Some(rest) if unescaped(line) == rest => rest.to_owned(),
            _ => line.to_owned(),
        };
        let joined = |text: &str, mark: &str| {
            let lines = text.split(mark).enumerate();
            let lines = lines.map(|(at, line)| if at > 0 { undone(line) } else { line.to_owned() });
            lines.collect::<Vec<_>>().join(mark)
        };
        let every = joined(&broken, "\n");
        let behind = joined(&marked, HARD).replace(HARD, "\n");
        let ended = |text: &str| text.trim_end_matches(['\r', '\n']).to_owned();
        let stripped = broken.trim_end().to_owned();
        [ended(&broken), stripped, ended(&every), ended(&behind), broken]
    }

    #[test]
    fn a_signature_and_the_editors_breaks_are_shown_plainly() {
        for (text, plain) in [
            ("Hi\\\n\\--\\\nAda\n", "Hi\n--\nAda"),
            ("Hi\\\r\n\\==\r\nAda", "Hi\n==\nAda"),
            ("a -- b\n\\-\n\\-- c", "a -- b\n-\n\\-- c"),
            ("C:\\parcels\\", "C:\\parcels\\"),
            ("\\*no list", "\\*no list"),
            ("", ""),
        ] {
            assert_eq!(plain_text(text), plain);
            assert_eq!(plain_text(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_webhook_prints_of_a_text_compares_like_the_text(text in "[a\\\\\n\r =-]{0,24}") {
            for told in printed(&text) {
                prop_assert_eq!(comparable_text(&told), comparable_text(&text), "{:?}", told);
            }
        }
    }
}
