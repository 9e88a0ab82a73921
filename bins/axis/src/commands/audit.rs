//! `axis audit`

use chrono::SecondsFormat;
use clap::Args;
use domain::TenantId;
use serde_json::json;
use store::audit::{Filter, Recorded};

use crate::answer::table;
use crate::commands::tenants;
use crate::{Answer, Place};

/// Which entries.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only what was done to this tenant's data
    #[arg(long)]
    tenant: Option<TenantId>,

    /// Only this action: `replay`, `dead-letters redrive`, …
    #[arg(long, value_name = "WORDS")]
    action: Option<String>,

    /// Only what this operator or principal did
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Most to list, 1 to 1000
    #[arg(
        long,
        default_value_t = 50,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    limit: u16,
}

/// Lists what was done, newest first.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let filter = Filter {
        tenant: arguments.tenant.clone(),
        action: arguments.action.clone(),
        actor: arguments.actor.clone(),
    };
    let mut transaction = store.worker().await?;
    if let Some(tenant) = &arguments.tenant {
        tenants::require(&mut transaction, tenant).await?;
    }
    let limit = arguments.limit.into();
    let listed = store::audit::list(&mut transaction, &filter, None, limit).await?;
    let headings = ["when", "who", "by", "action", "to what", "count", "details"];
    let rows: Vec<_> = listed.entries.iter().map(row).collect();
    let mut text = table(headings, &rows);
    if listed.next.is_some() {
        text += "there are older ones, which --limit left out\n";
    }
    Answer::new(text, &json!({ "audit": listed.entries, "more": listed.next.is_some() }))
}

fn row(entry: &Recorded) -> [String; 7] {
    [
        entry.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        entry.actor.clone(),
        entry.source.clone(),
        entry.action.clone(),
        entry.target.clone(),
        entry.count.map(|count| count.to_string()).unwrap_or_default(),
        entry.details.to_string(),
    ]
}
