//! Telling the screens, after the commit and before the acknowledgement: a crash in between is
//! repaired by the redelivery, and the stream drops what it has been told already.

use std::collections::{BTreeSet, HashMap};

use bus::{PublishError, Publisher};
use domain::{ConversationId, TenantId};
use events::{Announcement, AnnouncementSubject, Live, subject};
use store::conversations::Ids;
use store::{Error, Store};

use crate::transaction::{Planned, placed};

/// Why a batch could not be announced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnnounceError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("the activities could not be announced: {0}")]
    Publish(#[from] PublishError),
    #[error("an announcement cannot be written: {0}")]
    Serialize(#[from] serde_json::Error),
}

/// Announces what the plans tell, with the rows as they are now.
pub(crate) async fn announce(
    store: &Store,
    publisher: &Publisher,
    batch: &[&Planned],
    ids: &Ids,
) -> Result<(), AnnounceError> {
    let told: Vec<_> = batch
        .iter()
        .flat_map(|planned| planned.plan.activities.iter().map(move |draft| (*planned, draft)))
        .collect();
    if !told.is_empty() {
        let places = told.iter().filter_map(|(planned, draft)| {
            ids.get(&(planned.inbound.account, draft.conversation?)).copied()
        });
        let places: BTreeSet<ConversationId> = places.collect();
        let numbers: BTreeSet<_> = told
            .iter()
            .filter_map(|(planned, draft)| Some((planned.inbound.account, draft.message?)))
            .collect();
        let mut transaction = store.worker().await?;
        let conversations: HashMap<_, _> =
            store::conversations::by_ids(&mut transaction, &Vec::from_iter(places))
                .await?
                .into_iter()
                .map(|conversation| (conversation.id, conversation))
                .collect();
        let messages =
            store::messages::by_numbers(&mut transaction, &Vec::from_iter(numbers)).await?;
        store::commit(transaction).await?;
        let mut envelopes = Vec::with_capacity(told.len());
        for (planned, draft) in told {
            let activity = placed(&planned.inbound, draft, ids);
            let message = draft
                .message
                .and_then(|number| messages.get(&(planned.inbound.account, number)).cloned());
            let conversation =
                activity.conversation_id.and_then(|id| conversations.get(&id).cloned());
            let subject = AnnouncementSubject { conversation, message };
            let announcement = Announcement { activity, subject };
            let trace = planned.inbound.trace.child();
            envelopes.push(announcement.envelope(&planned.inbound.tenant, "", &trace)?);
        }
        for published in publisher.publish_all(envelopes).await {
            published?;
        }
    }
    for planned in batch {
        if let Some(live) = live(planned, ids) {
            show(publisher, &planned.inbound.tenant, &live).await;
        }
    }
    Ok(())
}

fn live(planned: &Planned, ids: &Ids) -> Option<Live> {
    let typing = planned.plan.typing.as_ref()?;
    let conversation_id = *ids.get(&(planned.inbound.account, typing.conversation))?;
    Some(Live::Typing {
        conversation_id,
        actor_type: typing.actor_type.clone(),
        name: typing.name.clone(),
        on: typing.on,
        private: typing.private,
    })
}

/// Shows what matters only now; nobody misses it later.
async fn show(publisher: &Publisher, tenant: &TenantId, live: &Live) {
    let Ok(payload) = serde_json::to_vec(live) else { return };
    let subject = subject::live(tenant, live.kind());
    if let Err(error) = publisher.live(subject, payload.into()).await {
        tracing::debug!(%error, "somebody's typing was not shown");
    }
}
