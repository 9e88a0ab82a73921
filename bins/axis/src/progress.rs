//! How far a command has come, on standard error: a bar on a terminal, and otherwise a line now and then.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

/// How often to write a line if there is no terminal to draw on.
const LINES: Duration = Duration::from_secs(2);

/// Shows how far a command has come.
pub(crate) struct Progress {
    /// What is counted, in words: `conversations`.
    what: &'static str,
    bar: ProgressBar,
    on_screen: bool,
    told: Option<Instant>,
    untold: Option<String>,
}

impl Progress {
    pub(crate) fn of(what: &'static str) -> Self {
        let bar = ProgressBar::new(0);
        let style =
            format!("{{bar:30}} {{pos}} of {{len}} {what}, {{per_sec}}, {{eta}} left{{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&style) {
            bar.set_style(style);
        }
        let on_screen = std::io::stderr().is_terminal();
        Self { what, bar, on_screen, told: None, untold: None }
    }

    /// Shows that this many of a total are done, followed by a remark.
    pub(crate) fn at(&mut self, done: u64, total: u64, remark: String) {
        if self.on_screen {
            self.bar.set_length(total);
            self.bar.set_position(done);
            self.bar.set_message(remark);
            return;
        }
        self.untold = Some(format!("{done} of {total} {}{remark}", self.what));
        if self.told.is_none_or(|told| told.elapsed() >= LINES) {
            self.told = Some(Instant::now());
            self.tell();
        }
    }

    /// Leaves what was last shown on the terminal, or writes it if it was not written yet.
    pub(crate) fn ended(mut self) {
        if self.on_screen {
            self.bar.abandon();
        }
        self.tell();
    }

    fn tell(&mut self) {
        if let Some(line) = self.untold.take() {
            // If standard error is closed, there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}
