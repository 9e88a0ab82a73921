//! The forms in which webhooks print a message's text.

/// Makes the editor's backslash line breaks plain, removes the backslash with which it escapes a line of dashes or
/// equals signs behind one of them, except in code, and removes line breaks at the end.
pub(super) fn normalised(text: &str) -> String {
    let (mut printed, mut after_break, mut in_code) = (String::new(), false, false);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let escaped = line.strip_prefix('\\').filter(|_| after_break && !in_code);
        let line = escaped.filter(|rest| is_delimiter(rest)).unwrap_or(line);
        let broken = line.strip_suffix("\\\r\n").or_else(|| line.strip_suffix("\\\n"));
        after_break = broken.is_some();
        printed.push_str(broken.unwrap_or(line));
        if after_break {
            printed.push('\n');
        }
    }
    while printed.ends_with('\n') {
        printed.pop();
        printed.truncate(printed.strip_suffix('\r').map_or(printed.len(), str::len));
    }
    printed
}

fn is_delimiter(line: &str) -> bool {
    let marks = line.trim_end_matches('\n').trim_end_matches('\r').trim_end_matches([' ', '\t']);
    let is_only = |mark: char| marks.chars().all(|c| c == mark);
    !marks.is_empty() && (is_only('-') || is_only('='))
}

/// Renders bold text and line breaks as a channel gets them, which is what webhooks printed for some months of 2025 and 2026.
pub(super) fn rendered(text: &str, channel: &str) -> String {
    let html = matches!(channel, "Channel::WebWidget" | "Channel::Email");
    let (open, close, line) = match channel {
        _ if html => ("<strong>", "</strong>", "<br />\n"),
        "Channel::Whatsapp" => ("*", "*", "\n"),
        _ => ("", "", "\n"),
    };
    let mut printed = String::new();
    for (at, part) in text.replace("\\\n", line).split("**").enumerate() {
        match at {
            0 => {}
            _ if at % 2 == 1 => printed.push_str(open),
            _ => printed.push_str(close),
        }
        printed.push_str(part);
    }
    if html { format!("<p>{printed}</p>\n") } else { printed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_made_plain_and_only_escapes_behind_them_are_undone() {
        assert_eq!(normalised("Hi\\\n\\--\nAda\n\r\n"), "Hi\n--\nAda");
        assert_eq!(normalised("Hi\\\r\n\\== \r\nAda  \n"), "Hi\n== \r\nAda  ");
        assert_eq!(normalised("Hi\\\n\\--\\\nAda"), "Hi\n\\--\nAda");
        assert_eq!(normalised("Hi\n\\--\nAda"), "Hi\n\\--\nAda");
        assert_eq!(normalised("```\na\\\n\\--\n```"), "```\na\n\\--\n```");
    }

    #[test]
    fn each_channel_has_its_own_form_of_bold() {
        let text = "**Hi** there\\\nAda";
        assert_eq!(
            rendered(text, "Channel::Email"),
            "<p><strong>Hi</strong> there<br />\nAda</p>\n"
        );
        assert_eq!(rendered(text, "Channel::Whatsapp"), "*Hi* there\nAda");
        assert_eq!(rendered(text, "Channel::Api"), "Hi there\nAda");
    }
}
