//! What to measure, and how thoroughly.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use serde::Serialize;

/// Measures the programs against the limit of their parts and prints a table of ratios
#[derive(Debug, Parser)]
#[command(name = "measure")]
pub struct Arguments {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    parts: Vec<Part>,

    /// Measure little of everything, to see whether it works: the figures mean nothing then
    #[arg(long)]
    quick: bool,

    /// Messages in the larger database of `queries`
    #[arg(
        long,
        default_value_t = 1_000_000,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u64).range(10_000..=100_000_000)
    )]
    messages: u64,

    /// Take this as the most that `path` carries for long, instead of finding it: changes compare best at equal loads
    #[arg(
        long,
        value_name = "EVENTS A SECOND",
        value_parser = clap::value_parser!(u32).range(100..=100_000)
    )]
    carried: Option<u32>,

    /// Write the figures into this file; its path is relative to the project's folder
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Show the figures of an earlier run, from such a file, beside these
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,

    /// Passed by `cargo bench`; means nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// Something to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What each program occupies when idle
    Memory,
    /// Acknowledging webhooks, against a bare HTTP handler, append and publisher
    Receiver,
    /// Applying events, against a bare batched upsert of the same rows
    Sync,
    /// From a webhook to its SSE frame, at 10, 50 and 90 % load
    Path,
    /// One account's latency while another floods
    Fairness,
    /// One event to 1,000 and to 10,000 SSE clients
    FanOut,
    /// Lists and searches, with few and with many messages
    Queries,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Receiver => "receiver",
            Self::Sync => "sync",
            Self::Path => "path",
            Self::Fairness => "fairness",
            Self::FanOut => "fan-out",
            Self::Queries => "queries",
        })
    }
}

impl Arguments {
    /// Where to write the figures to.
    pub fn json(&self) -> Option<PathBuf> {
        self.json.as_deref().map(in_project)
    }

    /// Where the figures of an earlier run are.
    pub fn compare(&self) -> Option<PathBuf> {
        self.compare.as_deref().map(in_project)
    }

    pub fn parts(&self) -> Vec<Part> {
        Part::value_variants()
            .iter()
            .copied()
            .filter(|part| self.parts.is_empty() || self.parts.contains(part))
            .collect()
    }

    pub fn scale(&self) -> Scale {
        Scale {
            quick: self.quick,
            messages: self.messages as usize,
            carried: self.carried.map(f64::from),
        }
    }
}

/// Resolves a path in the project's folder: `cargo bench` runs this elsewhere than where it was called.
fn in_project(file: &Path) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file)
}

/// How much of everything to measure.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    quick: bool,
    messages: usize,
    carried: Option<f64>,
}

impl Scale {
    /// This many, or a tenth in a quick run.
    pub fn of(self, many: usize) -> usize {
        if self.quick { many.div_ceil(10) } else { many }
    }

    /// This many rounds, or one in a quick run.
    pub fn rounds(self, many: usize) -> usize {
        if self.quick { 1 } else { many }
    }

    /// The most that the path is taken to carry for long, in events a second, if it is not to be found.
    pub fn carried(self) -> Option<f64> {
        self.carried
    }

    /// How many messages the larger database has.
    pub fn messages(self) -> usize {
        if self.quick { 50_000 } else { self.messages }
    }
}
