//! The measure: how fast the programs are, as ratios to the limit of their parts, in one run.
//!
//! The programs are processes of their own with their production settings, on servers of this
//! run's own. What they are compared with ([`peers`]) is measured in the same run and in turn with
//! them, so that a machine that gets slower meanwhile slows both. `docs/performance.md` says what
//! each row means; run it with `make bench`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people: numbers of events and milliseconds, all small and positive"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the answer")]

mod arguments;
mod database;
mod events;
mod fairness;
mod fan_out;
mod fill;
mod http;
mod latency;
mod load;
mod machine;
mod memory;
mod path;
mod peers;
mod queries;
mod receiver;
mod report;
mod screen;
mod stage;
mod sync;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use futures_util::FutureExt as _;

use arguments::{Arguments, Part, Scale};
use machine::Machine;
use report::{Report, Row};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match peers::asked_for() {
        Some(peer) => peers::run(&peer).await.map(|()| true),
        None => measure(Arguments::parse()).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what was asked for. Returns whether every budget was held.
async fn measure(arguments: Arguments) -> anyhow::Result<bool> {
    let earlier = arguments.compare().as_deref().map(Report::read).transpose()?;
    machine::raise_file_limit();
    let machine = Machine::look().await.context("looking at the machine")?;
    println!("{machine}");
    let mut report = Report::of(machine);
    let scale = arguments.scale();
    for part in arguments.parts() {
        machine::settle_disk();
        eprintln!("measuring: {part} …");
        // A part that fails or panics does not take the others' figures along.
        let rows = match AssertUnwindSafe(rows(part, scale)).catch_unwind().await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => vec![Row::failed(part, &format!("{error:#}"))],
            Err(_) => vec![Row::failed(part, "it panicked, see above")],
        };
        report.add(rows);
    }
    report.note_load();
    println!("{}", report.table(earlier.as_ref()));
    if let Some(file) = arguments.json() {
        report.write(&file)?;
    }
    Ok(report.all_held())
}

async fn rows(part: Part, scale: Scale) -> anyhow::Result<Vec<Row>> {
    match part {
        Part::Memory => memory::measure(scale).await,
        Part::Receiver => receiver::measure(scale).await,
        Part::Sync => sync::measure(scale).await,
        Part::Path => path::measure(scale).await,
        Part::Fairness => fairness::measure(scale).await,
        Part::FanOut => fan_out::measure(scale).await,
        Part::Queries => queries::measure(scale).await,
    }
}
