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
        let text = match output {
            Output::Text => self.text.trim_end().to_owned(),
            Output::Json if self.value.is_null() => String::new(),
            Output::Json => self.value.to_string(),
        };
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
}

/// Formats rows as lines of aligned columns, under their headings.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
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
}
