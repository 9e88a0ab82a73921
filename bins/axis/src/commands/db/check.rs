//! `axis db check`

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use store::Store;
use store::inspect::{Cause, Inspection, Overdue, Table};

use crate::answer::in_line;
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
    let good = warnings.iter().all(|warning| warning.mend.is_none());
    let mut text = format!("schema version {}\n", inspection.schema_version);
    for table in &inspection.tables {
        describe(&mut text, table)?;
    }
    text.push('\n');
    if warnings.is_empty() {
        text += "nothing looks wrong\n";
    }
    for Warning { what, mend } in &warnings {
        let mend = mend.map(|mend| format!("  →  {mend}")).unwrap_or_default();
        writeln!(text, "warning: {}{mend}", in_line(what))?;
    }
    let warnings: Vec<_> = warnings.into_iter().map(|warning| warning.what).collect();
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
                Value::String(value) => write!(text, "  {name}={}", in_line(value))?,
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
    /// What to do about it. `None` if it passes by itself.
    pub(crate) mend: Option<&'static str>,
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
            warnings.push(Warning { what, mend: None });
        }
    }
    warnings.extend(found.outbox_overdue.iter().map(waits));
    if found.rejected_events > 0 {
        let what = format!(
            "{} rejected in the last 30 days: `axis dead-letters list` shows what is left of them",
            counted(found.rejected_events, "event")
        );
        warnings.push(Warning { what, mend: None });
    }
    warnings
}

/// Says what commands of an account wait for.
fn waits(overdue: &Overdue) -> Warning {
    let at = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M:%S UTC");
    let said = overdue.reason.as_deref();
    let because = said.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let (why, mend) = match overdue.cause {
        Cause::Unpublished => (
            "no outbound-worker takes them up, or NATS is away".to_owned(),
            Some(
                "start an outbound-worker; if one runs, its /health says what it lacks, such as NATS",
            ),
        ),
        // It is for whoever runs that Chatwoot to do something.
        Cause::Silent { again_at } => match again_at.filter(|again_at| *again_at > Utc::now()) {
            Some(again_at) => {
                let again_at = at(again_at);
                (
                    format!(
                        "its Chatwoot does not answer{because}, and is asked again at {again_at}"
                    ),
                    None,
                )
            }
            None => {
                (format!("its Chatwoot does not answer{because}, and is asked again now"), None)
            }
        },
        Cause::Paused { until } => {
            (format!("its Chatwoot wants to be left alone until {}", at(until)), None)
        }
        Cause::Own => match said {
            Some(reason) => (
                format!("the oldest was put off: {reason}"),
                Some(
                    "do what it says; `axis webhook check` asks Chatwoot whether it accepts the token",
                ),
            ),
            None => (
                "they were not put off, and nobody has carried them out".to_owned(),
                Some(
                    "see what the outbound-workers' /health and log say, and whether \
                     CHATWOOT_REQUESTS_PER_MINUTE is enough",
                ),
            ),
        },
    };
    let Overdue { chatwoot_url, chatwoot_account_id: number, tenant, since, .. } = overdue;
    let (count, since) = (counted(overdue.commands, "command"), at(*since));
    let wait = if overdue.commands == 1 { "waits" } else { "wait" };
    let what = format!(
        "{count} for account {number} of {chatwoot_url} (tenant {tenant}) {wait} in the outbox since {since}: {why}"
    );
    Warning { what, mend }
}

#[cfg(test)]
mod tests {
    use store::inspect::Row;

    use super::*;

    #[test]
    fn a_text_that_somebody_wrote_stays_in_its_row() {
        let facts = json!({ "name": "Ada\n  01-01 00:00:00  name=Bob\u{1b}[2J" });
        let facts = facts.as_object().unwrap().clone();
        let row = Row { at: DateTime::UNIX_EPOCH, facts };
        let table =
            Table { name: "contacts", rows: 1, exact: true, newest_at: None, newest: vec![row] };
        let mut text = String::new();
        describe(&mut text, &table).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let told = "  01-01 00:00:00  name=Ada\u{fffd}  01-01 00:00:00  name=Bob\u{fffd}[2J";
        assert_eq!(lines, ["", "contacts: 1 row", told]);
    }
}
