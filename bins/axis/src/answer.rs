//! What a command answers, for people and for programs.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// For programs: one JSON value
    Json,
}

/// What a command answers.
#[derive(Debug)]
pub struct Answer {
    text: String,
    value: Value,
    success: bool,
}

impl Answer {
    /// Makes an answer that says the same thing in words and as a value.
    pub fn new(text: impl Into<String>, value: &impl Serialize) -> anyhow::Result<Self> {
        let value = serde_json::to_value(value).context("writing the answer as JSON")?;
        Ok(Self { text: text.into(), value, success: true })
    }

    /// Makes an answer that says nothing.
    pub fn nothing() -> Self {
        Self { text: String::new(), value: Value::Null, success: true }
    }

    /// Makes it a failure unless `success`: the exit code is then 1.
    #[must_use]
    pub fn succeeding_if(self, success: bool) -> Self {
        Self { success, ..self }
    }

    /// Failure if what was looked at is not as it should be.
    pub fn exit_code(&self) -> ExitCode {
        if self.success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Prints to standard output.
    pub fn print(&self, output: Output) -> anyhow::Result<()> {
        let text = self.printed(output);
        if text.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            // The reader has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("writing the answer"),
        }
    }

    /// What is printed. Names and texts that others chose have a part in it, and a terminal takes orders from control
    /// characters.
    fn printed(&self, output: Output) -> String {
        match output {
            Output::Text => shown(self.text.trim_end(), |c| c.is_control() && c != '\n'),
            Output::Json if self.value.is_null() => String::new(),
            // Only strings have any, and JSON leaves those as they are that are not of ASCII.
            Output::Json => {
                let escaped = |c: char| match c {
                    c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                    c => c.to_string(),
                };
                self.value.to_string().chars().map(escaped).collect()
            }
        }
    }
}

/// A text that others chose, as part of one line: it cannot pretend to be another one.
pub(crate) fn in_line(text: &str) -> String {
    shown(text, char::is_control)
}

fn shown(text: &str, hidden: impl Fn(char) -> bool) -> String {
    text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Formats rows as lines of aligned columns, under their headings.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| in_line(cell))).collect();
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let heading = line(headings);
    rows.iter().fold(heading, |text, row| text + &line(row.each_ref().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "b".to_owned()], ["long".to_owned(), String::new()]];
        assert_eq!(table(["x", "y"], &rows), "x     y\na     b\nlong\n");
    }

    #[test]
    fn no_name_adds_a_row_or_gives_the_terminal_orders() {
        let name = "a\n\u{1b}[2Jb\r\u{9b}2J\tc\u{7f}".to_owned();
        let rows = [[name.clone(), "ok".to_owned()]];
        let text = format!("{}\nnamed {name}", table(["x", "y"], &rows));
        let answer = Answer::new(text, &name).unwrap();
        let printed = answer.printed(Output::Text);
        assert_eq!(
            printed,
            "x               y\n\
             a\u{fffd}\u{fffd}[2Jb\u{fffd}\u{fffd}2J\u{fffd}c\u{fffd}  ok\n\n\
             named a\n\u{fffd}[2Jb\u{fffd}\u{fffd}2J\u{fffd}c\u{fffd}"
        );
        let printed = answer.printed(Output::Json);
        assert!(!printed.contains(char::is_control), "{printed:?}");
        assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), name);
    }
}
