//! Writes the results as a table for people and as JSON for machines.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::arguments::Part;
use crate::machine::{self, Machine};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[serde(rename = "1/s")]
    PerSecond,
    #[serde(rename = "ms")]
    Millis,
    #[serde(rename = "MiB")]
    MiB,
    #[serde(rename = "KiB")]
    KiB,
    #[serde(rename = "count")]
    Count,
}

impl Unit {
    pub fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{}/s", grouped(value)),
            Self::Millis if value >= 100.0 => format!("{value:.0} ms"),
            Self::Millis => format!("{value:.2} ms"),
            Self::MiB => format!("{value:.1} MiB"),
            Self::KiB => format!("{value:.1} KiB"),
            Self::Count => grouped(value),
        }
    }
}

/// What is expected of a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Budget {
    RatioAtLeast(f64),
    RatioAtMost(f64),
    AtMost(f64),
}

/// One figure of ours, and what it is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub part: String,
    pub name: String,
    pub unit: Unit,
    pub ours: f64,
    /// What it is compared with.
    pub against: Option<String>,
    pub theirs: Option<f64>,
    /// Ours divided by theirs.
    pub ratio: Option<f64>,
    pub budget: Option<Budget>,
    pub held: Option<bool>,
    /// Why there is no figure.
    pub failure: Option<String>,
}

impl Row {
    pub fn new(part: Part, name: impl Into<String>, unit: Unit, ours: f64) -> Self {
        Self {
            part: part.to_string(),
            name: name.into(),
            unit,
            ours,
            against: None,
            theirs: None,
            ratio: None,
            budget: None,
            held: None,
            failure: None,
        }
    }

    /// A row for something that could not be measured.
    pub fn failed(part: Part, why: &str) -> Self {
        let failure = Some(why.to_owned());
        Self { failure, held: Some(false), ..Self::new(part, "not measured", Unit::Count, 0.0) }
    }

    #[must_use]
    pub fn against(mut self, what: impl Into<String>, theirs: f64) -> Self {
        self.against = Some(what.into());
        self.theirs = Some(theirs);
        self.ratio = (theirs > 0.0).then(|| self.ours / theirs);
        self
    }

    #[must_use]
    pub fn within(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self.held = Some(match budget {
            Budget::RatioAtLeast(least) => self.ratio.is_some_and(|ratio| ratio >= least),
            Budget::RatioAtMost(most) => self.ratio.is_some_and(|ratio| ratio <= most),
            Budget::AtMost(most) => self.ours <= most,
        });
        self
    }

    /// What two runs compare: the ratio, if there is one, since it does not depend on the machine.
    fn comparable(&self) -> f64 {
        self.ratio.unwrap_or(self.ours)
    }

    fn cells(&self, earlier: Option<&Report>) -> Vec<String> {
        let shown = |value: f64| self.unit.show(value);
        let budget = match self.budget {
            None => String::new(),
            Some(Budget::RatioAtLeast(least)) => format!("ratio ≥ {least}"),
            Some(Budget::RatioAtMost(most)) => format!("ratio ≤ {most}"),
            Some(Budget::AtMost(most)) => format!("≤ {}", self.unit.show(most)),
        };
        let held = match self.held {
            None => "",
            Some(true) => "held",
            Some(false) => "NOT HELD",
        };
        let mut cells = vec![
            self.part.clone(),
            self.failure.clone().unwrap_or_else(|| self.name.clone()),
            if self.failure.is_some() { String::new() } else { shown(self.ours) },
            self.against.clone().unwrap_or_default(),
            self.theirs.map(shown).unwrap_or_default(),
            self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            budget,
            held.to_owned(),
        ];
        if let Some(earlier) = earlier {
            let before = earlier.rows.iter().find(|r| r.part == self.part && r.name == self.name);
            cells.push(before.map(|before| self.change(before)).unwrap_or_default());
        }
        cells
    }

    fn change(&self, before: &Self) -> String {
        let (then, now) = (before.comparable(), self.comparable());
        let shown = if self.ratio.is_some() { format!("{then:.2}") } else { self.unit.show(then) };
        let percent = if then > 0.0 { (now / then - 1.0) * 100.0 } else { 0.0 };
        format!("{shown} ({percent:+.0} %)")
    }
}

/// All figures of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    machine: Machine,
    rows: Vec<Row>,
}

impl Report {
    pub fn of(machine: Machine) -> Self {
        Self { machine, rows: Vec::new() }
    }

    pub fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Notes how busy the machine was in the end.
    pub fn note_load(&mut self) {
        self.machine.load_after = machine::load();
    }

    pub fn all_held(&self) -> bool {
        self.rows.iter().all(|row| row.held != Some(false))
    }

    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("reading {}", file.display()))
    }

    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }

    /// The rows, as a table that Markdown understands too.
    pub fn table(&self, earlier: Option<&Self>) -> String {
        let mut header =
            vec!["part", "what", "ours", "against", "theirs", "ratio", "budget", "held"];
        if earlier.is_some() {
            header.push("earlier");
        }
        let mut lines: Vec<Vec<String>> = vec![header.into_iter().map(str::to_owned).collect()];
        lines.extend(self.rows.iter().map(|row| row.cells(earlier)));
        let columns = lines[0].len();
        let width = |column: usize| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut table = String::from("\n");
        for (number, line) in lines.iter().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let _ = writeln!(table, "| {} |", cells.collect::<Vec<_>>().join(" | "));
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                let _ = writeln!(table, "| {} |", rules.join(" | "));
            }
        }
        let judged = self.rows.iter().filter(|row| row.held.is_some()).count();
        let held = self.rows.iter().filter(|row| row.held == Some(true)).count();
        let _ = write!(
            table,
            "\n{held} of {judged} budgets held. Load of the machine {} before, {} after.",
            self.machine.load_before, self.machine.load_after
        );
        table
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
