//! What screens are told of people who look otherwise though no line of the timeline says so: whatever happens to a
//! conversation says how its contact is, before their own webhook does or without it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{AccountKey, Activity, ActivityId, snapshot};
use store::conversations::Person;

use crate::activity::seen_otherwise;
use crate::transaction::Planned;

/// With the plan that described each. `otherwise`: those whose rows show something else now; `new`: the lines that
/// were not there before.
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
            // Whoever had the event before may have died between the commit and the telling.
            let is_told = planned.attempt > 1 || otherwise.contains_key(&who);
            if !is_told || has_line.contains(&who) {
                continue;
            }
            // The row shows the newest of them, and no other one was told with it.
            let newest = looks.entry(who).or_insert((plan, look));
            if look.version > newest.1.version {
                *newest = (plan, look);
            }
        }
    }
    let tell = |(who, (plan, look)): ((AccountKey, i64), (usize, &snapshot::Contact))| {
        let fields = otherwise.get(&who).map(Vec::as_slice).unwrap_or_default();
        (plan, seen_otherwise(look, batch[plan].inbound.received_at, fields))
    };
    looks.into_iter().map(tell).collect()
}

/// Those of whom a line is announced.
fn lines(batch: &[&Planned], new: &HashSet<ActivityId>) -> HashSet<(AccountKey, i64)> {
    let told = batch.iter().flat_map(|planned| {
        let news = planned.plan.activities.iter().filter(|draft| !draft.silent);
        news.filter(|draft| new.contains(&draft.activity.id))
            .filter_map(|draft| Some((planned.inbound.account, draft.contact?)))
    });
    told.collect()
}
