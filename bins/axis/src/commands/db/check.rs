//! `axis db check`

use std::fmt::{self, Write as _};

use clap::Args;
use serde_json::{Value, json};
use store::inspect::{Inspection, Table};

use crate::{Answer, Place};

/// How much to show.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many of the newest rows of each table to show, 0 to 100
    #[arg(
        long,
        default_value_t = 3,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    rows: u8,

    /// Show names and message texts too
    #[arg(long)]
    show_content: bool,
}

/// Shows what is in the database.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let rows = arguments.rows.into();
    let inspection = store::inspect::inspect(&store, rows, arguments.show_content).await?;
    let warnings = warnings(&inspection);
    let mut text = format!("schema version {}\n", inspection.schema_version);
    for table in &inspection.tables {
        describe(&mut text, table)?;
    }
    text.push('\n');
    if warnings.is_empty() {
        text += "nothing looks wrong\n";
    }
    for warning in &warnings {
        writeln!(text, "warning: {warning}")?;
    }
    Answer::new(text, &json!({ "inspection": inspection, "warnings": warnings }))
}

fn describe(text: &mut String, table: &Table) -> fmt::Result {
    let about = if table.exact { "" } else { "about " };
    write!(text, "\n{}: {about}{}", table.name, counted(table.rows, "row"))?;
    if let Some(at) = table.newest_at {
        write!(text, ", newest {}", at.format("%Y-%m-%d %H:%M:%S UTC"))?;
    }
    text.push('\n');
    for row in &table.newest {
        write!(text, "  {}", row.at.format("%m-%d %H:%M:%S"))?;
        for (name, value) in row.facts.iter().filter(|(_, value)| !value.is_null()) {
            match value {
                Value::String(value) => write!(text, "  {name}={value}")?,
                value => write!(text, "  {name}={value}")?,
            }
        }
        text.push('\n');
    }
    Ok(())
}

fn counted(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn warnings(found: &Inspection) -> Vec<String> {
    let mut warnings = Vec::new();
    for (table, rows) in &found.in_default_partitions {
        if *rows > 0 {
            warnings.push(format!(
                "{} of {table} of months without a part of their own: retention does not reach them",
                counted(*rows, "row")
            ));
        }
    }
    if found.outbox_overdue > 0 {
        warnings.push(format!(
            "{} in the outbox for more than 5 minutes: does the outbound-worker run, and does \
             Chatwoot answer?",
            counted(found.outbox_overdue, "command")
        ));
    }
    if found.rejected_events > 0 {
        warnings.push(format!(
            "{} rejected in the last 30 days: the bodies are in the stream DEAD_LETTER",
            counted(found.rejected_events, "event")
        ));
    }
    warnings
}
