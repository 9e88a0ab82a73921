//! Announces changes of contacts that no line of the timeline reports: every event of a conversation describes its
//! contact, perhaps before the contact's own webhook does, or without it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{AccountKey, Activity, ActivityId, snapshot};
use store::conversations::Person;

use crate::activity::contact_refreshed;
use crate::transaction::Planned;

/// Returns the announcements, each with the index of the plan that described the contact. `otherwise` are the contacts
/// whose rows have changed, and `new` are the lines that did not exist before.
pub(crate) fn told(
    batch: &[&Planned],
    otherwise: Vec<Person>,
    new: &HashSet<ActivityId>,
) -> Vec<(usize, Activity)> {
    let otherwise: HashMap<(AccountKey, i64), Vec<String>> =
        otherwise.into_iter().map(|one| ((one.account, one.chatwoot_id), one.fields)).collect();
    let has_line = lines(batch, new);
    let mut looks = BTreeMap::<_, (usize, &snapshot::Contact)>::new();
    for (plan, planned) in batch.iter().enumerate().filter(|(_, planned)| planned.is_news()) {
        for look in &planned.plan.contacts {
            let who = (look.account, look.chatwoot_id);
            // A worker that had the event before may have died between the commit and the announcement.
            let is_told = planned.attempt > 1 || otherwise.contains_key(&who);
            if !is_told || has_line.contains(&who) {
                continue;
            }
            // The row shows the newest of them, and none of the others was announced with it.
            let newest = looks.entry(who).or_insert((plan, look));
            if look.version > newest.1.version {
                *newest = (plan, look);
            }
        }
    }
    let tell = |(who, (plan, look)): ((AccountKey, i64), (usize, &snapshot::Contact))| {
        let fields = otherwise.get(&who).map(Vec::as_slice).unwrap_or_default();
        (plan, contact_refreshed(look, batch[plan].inbound.received_at, fields))
    };
    looks.into_iter().map(tell).collect()
}

/// The contacts about whom a line is announced.
fn lines(batch: &[&Planned], new: &HashSet<ActivityId>) -> HashSet<(AccountKey, i64)> {
    let told = batch.iter().flat_map(|planned| {
        let news = planned.plan.activities.iter().filter(|draft| !draft.silent);
        news.filter(|draft| new.contains(&draft.activity.id))
            .filter_map(|draft| Some((planned.inbound.account, draft.contact?)))
    });
    told.collect()
}
