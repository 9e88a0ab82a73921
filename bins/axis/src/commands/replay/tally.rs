//! How many of which.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::table;

/// Counts by account and event.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(String, String), u64>,
    total: u64,
}

impl Tally {
    pub(super) fn add(&mut self, account: String, event: String) {
        *self.counts.entry((account, event)).or_default() += 1;
        self.total += 1;
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn table(&self) -> String {
        let row = |((account, event), count): (&(String, String), &u64)| {
            [account.clone(), event.clone(), count.to_string()]
        };
        table(["account", "event", "events"], &self.counts.iter().map(row).collect::<Vec<_>>())
    }

    pub(super) fn value(&self) -> Vec<Value> {
        let counts = self.counts.iter();
        let value = counts.map(|((account, event), count)| {
            json!({ "account": account, "event": event, "count": count })
        });
        value.collect()
    }
}
