//! Applies the plans of a batch in one transaction.

use domain::{Activity, ConversationId, snapshot};
use events::Inbound;
use sha2::{Digest, Sha256};
use store::activities::Record;
use store::conversations::Ids;
use store::messages::Unheard;
use store::webhook_events::{Outcome, WebhookEvent};
use store::{Error, Transaction};

use crate::activity::Draft;
use crate::people;
use crate::plan::{GoneRow, Plan};
use crate::rows::{News, Rows};

/// An event that could be read.
#[derive(Debug)]
pub(crate) struct Planned {
    pub inbound: Inbound,
    pub sequence: u64,
    pub attempt: u64,
    pub digest: Vec<u8>,
    pub plan: Plan,
}

impl Planned {
    /// Whether the event is announced. History is recorded, but is no news.
    pub(crate) fn is_news(&self) -> bool {
        !self.plan.activities.iter().any(|draft| draft.silent)
    }
}

/// The result of applying a batch.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The ids of the conversations.
    pub ids: Ids,
    /// What happened, in the order of the plans' drafts.
    pub told: Vec<Record>,
    /// The rows that it is about.
    pub rows: Rows,
    /// Announcements about contacts, each with the index of the plan that described the contact.
    pub people: Vec<(usize, Activity)>,
}

/// SHA-256 of a body, for the record of events.
pub(crate) fn digest(body: &[u8]) -> Vec<u8> {
    Sha256::digest(body).to_vec()
}

/// Applies all plans. After an error the transaction cannot be used any more, so none is applied.
pub(crate) async fn apply(
    transaction: &mut Transaction,
    batch: &[&Planned],
) -> Result<Applied, Error> {
    let plans = || batch.iter().map(|planned| &planned.plan);
    let contacts = snapshot::merge(plans().flat_map(|plan| &plan.contacts));
    let conversations = snapshot::merge(plans().flat_map(|plan| &plan.conversations));
    let messages = snapshot::merge(plans().flat_map(|plan| &plan.messages));
    // To avoid deadlocks, contacts are locked before conversations and these before messages, in the order of their
    // numbers within each statement.
    let (mut people, mut places) = (Vec::new(), Vec::new());
    for gone in plans().flat_map(|plan| &plan.gone) {
        match gone {
            GoneRow::Contact(gone) => people.push(gone),
            GoneRow::Conversation(gone) => places.push(gone),
        }
    }
    people.sort_by_key(|gone| (gone.account, gone.chatwoot_id));
    places.sort_by_key(|gone| (gone.account, gone.display_id));
    for gone in people {
        store::contacts::mirror::mark_gone(transaction, gone).await?;
    }
    let mut applied = store::conversations::apply(transaction, &contacts, &conversations).await?;
    for gone in places {
        let id = store::conversations::mirror::mark_gone(transaction, gone).await?;
        applied.ids.insert((gone.account, gone.display_id), id);
    }
    let written = store::messages::apply(transaction, &messages, &applied).await?;
    store::messages::note_unheard(transaction, &unheard(batch)).await?;
    let store::conversations::Applied { ids, mut changed, people, .. } = applied;
    changed.extend(&written.touched);
    let events: Vec<_> = batch.iter().map(|planned| processed(planned)).collect();
    let news = News::of(batch, &ids, &changed, &written.otherwise());
    let mut told = records(batch, &ids);
    let recorded =
        store::webhook_events::record(transaction, &events, &told, &news.places()).await?;
    let mut people = people::told(batch, people, &recorded.new);
    let rows = Rows::read(transaction, news, recorded, written).await?;
    name(transaction, batch, &mut told, &mut people).await?;
    Ok(Applied { ids, told, rows, people })
}

/// Names the contacts of what is announced without a conversation, whose row would name its contact.
async fn name(
    transaction: &mut Transaction,
    batch: &[&Planned],
    told: &mut [Record],
    people: &mut [(usize, Activity)],
) -> Result<(), Error> {
    let drafts = batch.iter().flat_map(|planned| &planned.plan.activities).zip(told);
    let lines = drafts.filter(|(draft, _)| !draft.silent).map(|(_, record)| &mut record.activity);
    let all = lines.chain(people.iter_mut().map(|(_, activity)| activity));
    let alone = all.filter(|activity| activity.conversation_id.is_none());
    store::activities::name(transaction, alone).await
}

/// The messages whose delivery sweeps have to look up.
fn unheard(batch: &[&Planned]) -> Vec<Unheard> {
    let unheard = batch.iter().filter_map(|Planned { inbound, plan, .. }| {
        plan.unheard.map(|of| Unheard {
            tenant: inbound.tenant.clone(),
            account: inbound.account,
            display_id: of.conversation,
            chatwoot_id: of.message,
        })
    });
    unheard.collect()
}

/// The row of an event in `webhook_events`.
pub(crate) fn event(
    inbound: &Inbound,
    sequence: u64,
    digest: Vec<u8>,
    outcome: Outcome,
    detail: Option<String>,
) -> WebhookEvent {
    WebhookEvent {
        id: inbound.id,
        received_at: inbound.received_at,
        tenant: inbound.tenant.clone(),
        account: inbound.account,
        event: inbound.event.clone(),
        origin: inbound.origin.clone(),
        delivery: inbound.delivery.clone(),
        digest,
        stream_sequence: i64::try_from(sequence).unwrap_or(i64::MAX),
        outcome,
        detail,
    }
}

/// Fills in the id of an activity's conversation.
fn placed(inbound: &Inbound, draft: &Draft, ids: &Ids) -> Activity {
    let conversation_id: Option<ConversationId> =
        draft.conversation.and_then(|display_id| ids.get(&(inbound.account, display_id)).copied());
    Activity { conversation_id, ..draft.activity.clone() }
}

fn records(batch: &[&Planned], ids: &Ids) -> Vec<Record> {
    let told = batch.iter().flat_map(|planned| {
        planned.plan.activities.iter().map(|draft| Record {
            tenant: planned.inbound.tenant.clone(),
            activity: placed(&planned.inbound, draft, ids),
            undated: draft.undated,
        })
    });
    told.collect()
}

fn processed(planned: &Planned) -> WebhookEvent {
    let outcome = if planned.plan.is_empty() { Outcome::Ignored } else { Outcome::Applied };
    event(&planned.inbound, planned.sequence, planned.digest.clone(), outcome, None)
}
