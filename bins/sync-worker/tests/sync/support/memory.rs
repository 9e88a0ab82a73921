//! The database as a model: the joins of the snapshots and of the activities, and nothing else.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::SubsecRound as _;
use domain::snapshot::{Contact, Conversation, Message, Snapshot};
use domain::{AccountKey, Activity, ActivityId};
use sync_worker::{GoneRow, Plan};

/// Rows by their keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    pub contacts: BTreeMap<(AccountKey, i64), Contact>,
    pub conversations: BTreeMap<(AccountKey, i64), Conversation>,
    pub messages: BTreeMap<(AccountKey, i64), Message>,
    pub activities: BTreeMap<ActivityId, Activity>,
    pub gone: BTreeMap<(AccountKey, i64), i64>,
}

impl Memory {
    /// Merges what an event asks for.
    pub fn apply(&mut self, plan: &Plan) {
        plan.contacts.iter().for_each(|one| join(&mut self.contacts, one));
        plan.conversations.iter().for_each(|one| join(&mut self.conversations, one));
        plan.messages.iter().for_each(|one| join(&mut self.messages, one));
        for draft in &plan.activities {
            let mut told = draft.activity.clone();
            if draft.undated {
                // The first receipt's, whichever that was.
                told.occurred_at = chrono::DateTime::UNIX_EPOCH;
            }
            match self.activities.entry(told.id) {
                Entry::Vacant(place) => {
                    place.insert(told);
                }
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    let (coarse, fine) = (known.occurred_at, told.occurred_at);
                    assert_eq!(coarse.trunc_subsecs(0), fine.trunc_subsecs(0), "{told:?}");
                    let text =
                        |one: &Activity| (format!("{:?}", one.actor), format!("{:?}", one.data));
                    let occurred_at = coarse.max(fine);
                    if text(&told) > text(known) {
                        *known = told;
                    }
                    known.occurred_at = occurred_at;
                }
            }
        }
        for gone in &plan.gone {
            if let GoneRow::Conversation(gone) = gone {
                let at = self.gone.entry((gone.account, gone.display_id)).or_default();
                *at = gone.at.max(*at);
            }
        }
    }
}

fn join<S: Snapshot + Clone>(rows: &mut BTreeMap<S::Key, S>, seen: &S) {
    match rows.entry(seen.key()) {
        Entry::Vacant(place) => {
            place.insert(seen.clone());
        }
        Entry::Occupied(mut row) => {
            let joined = row.get().clone().join(seen.clone());
            row.insert(joined);
        }
    }
}
