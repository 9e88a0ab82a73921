//! `axis retention`

use std::fmt::Write as _;

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::json;
use store::Store;
use store::retention::{Part, Table};

use crate::answer::table;
use crate::audit::{Act, Operator};
use crate::conflict::retried;
use crate::{Answer, Place};

/// What to keep.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Whole months to keep, besides the current one
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=1_200)
    )]
    keep_months: u16,

    /// Only from this table. If unset, from both
    #[arg(long)]
    table: Option<Of>,

    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,

    /// Confirm it: what is removed cannot be restored
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    operator: Operator,
}

/// What is partitioned by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// The timeline
    Activities,
    /// The record of what came in and what became of it
    WebhookEvents,
}

impl Of {
    fn table(self) -> Table {
        match self {
            Self::Activities => Table::Activities,
            Self::WebhookEvents => Table::WebhookEvents,
        }
    }
}

/// Removes what is too old, a month at a time.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let Arguments { keep_months, table: only, dry_run, yes, operator } = arguments;
    if !yes && !dry_run {
        bail!("removing cannot be undone: look with --dry-run, then pass --yes to confirm");
    }
    let store = place.store().await?;
    if !dry_run && !store::retention::may_remove(&mut *store.worker().await?).await? {
        bail!(
            "only the owner of the tables, the user that runs `axis migrate`, may remove months of them"
        );
    }
    let parts = ended(&store, only, keep_months).await?;
    let (mut removed, mut why) = (0, None);
    if !dry_run {
        for part in &parts {
            if let Err(error) = remove(&store, &operator, part).await {
                why = Some(format!("{error:#}"));
                break;
            }
            removed += 1;
        }
    }
    let mut text = describe(&parts);
    let verb = if dry_run { "would be removed" } else { "removed" };
    let count = if dry_run { parts.len() } else { removed };
    write!(text, "{count} {verb}")?;
    if let Some(why) = &why {
        write!(text, "; the rest stays: {why}")?;
    }
    let value = json!({ "parts": parts, "removed": removed, "dryRun": dry_run, "error": why });
    Ok(Answer::new(text, &value)?.succeeding_if(why.is_none()))
}

async fn ended(store: &Store, only: Option<Of>, keep_months: u16) -> anyhow::Result<Vec<Part>> {
    let mut transaction = store.worker().await?;
    let mut parts = Vec::new();
    for table in Table::ALL {
        if only.is_none_or(|only| only.table() == table) {
            parts.extend(store::retention::ended(&mut transaction, table, keep_months).await?);
        }
    }
    Ok(parts)
}

/// Removes a part and records it in the audit: both or neither.
async fn remove(store: &Store, operator: &Operator, part: &Part) -> anyhow::Result<()> {
    let act = Act::new("retention", &part.name);
    let details = json!({ "until": part.until, "bytes": part.bytes, "rows": part.rows });
    retried(async || {
        let mut transaction = store.worker().await?;
        operator.did(&mut transaction, &act, details.clone()).await?;
        match store::retention::remove(&mut transaction, part).await {
            Ok(()) => Ok(store::commit(transaction).await?),
            Err(error) => {
                store::rollback(transaction).await?;
                Err(error.into())
            }
        }
    })
    .await
}

fn describe(parts: &[Part]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = parts
        .iter()
        .map(|part| {
            [
                part.name.clone(),
                part.until.format("%Y-%m-%d").to_string(),
                part.rows.map_or_else(|| "?".to_owned(), |rows| format!("about {rows}")),
                format!("{} MiB", part.bytes / (1 << 20)),
            ]
        })
        .collect();
    table(["PART", "BEFORE", "ROWS", "SIZE"], &rows)
}
