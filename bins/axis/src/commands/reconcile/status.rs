//! `axis reconcile status`

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use store::reconciliations::Reconciliation;

use crate::answer::table;
use crate::{Answer, Place};

/// Shows how far each account has been compared.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let all = store::reconciliations::list(&mut *store.worker().await?).await?;
    let headings =
        ["account", "tenant", "last sweep", "walk", "brought in", "drift", "repaired", "trouble"];
    let rows: Vec<_> = all.iter().map(row).collect();
    let value: Vec<Value> = all.iter().map(value).collect();
    Answer::new(table(headings, &rows), &value)
}

fn row(one: &Reconciliation) -> [String; 8] {
    let (progress, tally) = (&one.progress, &one.tally);
    let walk = match (progress.walk.under_way(), progress.walked_at) {
        (true, _) => {
            let total = progress.walk.total.unwrap_or(progress.walk.done);
            format!("{} of {total}", progress.walk.done)
        }
        (false, at) => time(at),
    };
    [
        one.account.to_string(),
        one.tenant.to_string(),
        time(progress.swept_to),
        walk,
        tally.brought_in.to_string(),
        tally.drift_found.to_string(),
        tally.drift_repaired.to_string(),
        trouble(one),
    ]
}

/// Why the last comparison failed, or what has been left out.
fn trouble(one: &Reconciliation) -> String {
    match (&one.progress.last_error, one.unread.first()) {
        (Some(error), _) => error.clone(),
        (None, Some(first)) if one.unread.len() > 1 => {
            format!("not read: {first} (and {} more)", one.unread.len() - 1)
        }
        (None, Some(first)) => format!("not read: {first}"),
        (None, None) => String::new(),
    }
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map_or("never".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn value(one: &Reconciliation) -> Value {
    let (progress, tally) = (&one.progress, &one.tally);
    json!({
        "account": one.account,
        "tenant": one.tenant,
        "underWay": one.held,
        "sweptTo": progress.swept_to,
        "sweepDueAt": progress.sweep_due_at,
        "walk": {
            "dueAt": progress.walk.due_at,
            "underWay": progress.walk.under_way(),
            "conversations": progress.walk.done,
            "of": progress.walk.total,
            "endedAt": progress.walked_at,
        },
        "broughtIn": tally.brought_in,
        "driftFound": tally.drift_found,
        "driftRepaired": tally.drift_repaired,
        "failures": progress.failures,
        "lastError": progress.last_error,
        "unread": one.unread,
    })
}
