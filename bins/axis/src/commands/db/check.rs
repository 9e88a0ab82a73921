//! `axis db check`

use std::fmt::{self, Write as _};

use clap::Args;
use serde_json::{Value, json};
use store::Store;
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
    let good = !warnings.iter().any(|warning| warning.urgent);
    let warnings: Vec<_> = warnings.into_iter().map(|warning| warning.what).collect();
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
    let value = json!({ "inspection": inspection, "warnings": warnings });
    Ok(Answer::new(text, &value)?.succeeding_if(good))
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

/// What looks wrong in the database.
#[derive(Debug)]
pub(crate) struct Warning {
    /// What, and where to look.
    pub(crate) what: String,
    /// Whether it does not pass by itself.
    pub(crate) urgent: bool,
}

/// Looks for what is wrong, without reading any rows.
pub(crate) async fn look(store: &Store) -> Result<Vec<Warning>, store::Error> {
    Ok(warnings(&store::inspect::inspect(store, 0, false).await?))
}

fn warnings(found: &Inspection) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (table, rows) in &found.in_default_partitions {
        if *rows > 0 {
            let rows = counted(*rows, "row");
            let what = format!(
                "{rows} of {table} are of months without a partition of their own: retention does not reach \
                 them"
            );
            warnings.push(Warning { what, urgent: false });
        }
    }
    if found.outbox_overdue > 0 {
        let what = format!(
            "{} in the outbox for more than 5 minutes: does the outbound-worker run, and does \
             Chatwoot answer?",
            counted(found.outbox_overdue, "command")
        );
        warnings.push(Warning { what, urgent: true });
    }
    if found.rejected_events > 0 {
        let what = format!(
            "{} rejected in the last 30 days: `axis dead-letters list` shows what is left of them",
            counted(found.rejected_events, "event")
        );
        warnings.push(Warning { what, urgent: false });
    }
    warnings
}
