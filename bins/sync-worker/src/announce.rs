//! Telling the screens, after the commit and before the acknowledgement: a crash in between is
//! repaired by the redelivery, and the stream drops what it has been told already.

use std::collections::{BTreeSet, HashMap};

use bus::{PublishError, Publisher};
use chrono::{TimeDelta, Utc};
use domain::{AccountKey, Activity, Conversation, ConversationId, Message, TenantId};
use events::{Announcement, AnnouncementSubject, Live, TraceParent, subject};
use store::conversations::Ids;
use store::{Error, Store};

use crate::transaction::{Planned, placed};

/// Typing that was received longer ago than this is over.
const STALE: TimeDelta = TimeDelta::seconds(10);

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
        .filter(|(_, draft)| !draft.silent)
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
        let rows = Rows::read(store, Vec::from_iter(places), Vec::from_iter(numbers)).await?;
        let mut announcements = Vec::with_capacity(told.len());
        let mut envelopes = Vec::with_capacity(told.len());
        for (planned, draft) in told {
            let activity = placed(&planned.inbound, draft, ids);
            let subject = rows.about(&activity, planned.inbound.account, draft.message);
            let announcement = Announcement { activity, subject };
            let (tenant, trace) = (&planned.inbound.tenant, planned.inbound.trace.child());
            envelopes.push(announcement.envelope(tenant, "", &trace)?);
            announcements.push((tenant, trace, announcement));
        }
        let answers = publisher.publish_all(envelopes).await;
        for ((tenant, trace, announcement), answer) in announcements.into_iter().zip(answers) {
            match answer {
                Ok(_) => {}
                Err(error) if error.is_permanent() => {
                    bare(publisher, tenant, &trace, announcement, &error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let now = Utc::now();
    for planned in batch {
        let late = now.signed_duration_since(planned.inbound.received_at) > STALE;
        if let Some(live) = live(planned, ids).filter(|_| !late) {
            show(publisher, &planned.inbound.tenant, &live).await;
        }
    }
    Ok(())
}

/// The rows that announcements carry, as they are now.
struct Rows {
    conversations: HashMap<ConversationId, Conversation>,
    messages: HashMap<(AccountKey, i64), Message>,
}

impl Rows {
    async fn read(
        store: &Store,
        places: Vec<ConversationId>,
        numbers: Vec<(AccountKey, i64)>,
    ) -> Result<Self, Error> {
        let mut transaction = store.worker().await?;
        let conversations = store::conversations::by_ids(&mut transaction, &places).await;
        let messages = store::messages::by_numbers(&mut transaction, &numbers).await;
        store::commit(transaction).await?;
        let conversations = readable(conversations)?.into_iter().map(|c| (c.id, c)).collect();
        Ok(Self { conversations, messages: readable(messages)? })
    }

    fn about(
        &self,
        activity: &Activity,
        account: AccountKey,
        message: Option<i64>,
    ) -> AnnouncementSubject {
        AnnouncementSubject {
            conversation: activity
                .conversation_id
                .and_then(|id| self.conversations.get(&id).cloned()),
            message: message.and_then(|number| self.messages.get(&(account, number)).cloned()),
            approval: None,
        }
    }
}

/// A row that cannot be read keeps nobody from hearing that something happened.
fn readable<T: Default>(rows: Result<T, Error>) -> Result<T, Error> {
    match rows {
        Err(error @ Error::Unreadable { .. }) => {
            tracing::error!(%error, "activities are announced without their rows");
            Ok(T::default())
        }
        other => other,
    }
}

/// Announces without the rows what the stream will never take with them (they are too large): the
/// screens then ask for them. What it does not take even so is in the database all the same.
async fn bare(
    publisher: &Publisher,
    tenant: &TenantId,
    trace: &TraceParent,
    announcement: Announcement,
    refused: &PublishError,
) -> Result<(), AnnounceError> {
    let activity = announcement.activity;
    let kind = activity.kind.clone();
    tracing::warn!(activity.kind = kind, error = %refused, "an activity is announced without its rows");
    let bare = Announcement { activity, subject: AnnouncementSubject::default() };
    match publisher.publish(bare.envelope(tenant, "", trace)?).await {
        Err(error) if !error.is_permanent() => return Err(error.into()),
        Err(error) => {
            metrics::counter!("axis_announcements_refused_total").increment(1);
            tracing::error!(activity.kind = kind, %error, "an activity is not announced");
        }
        Ok(_) => {}
    }
    Ok(())
}

fn live(planned: &Planned, ids: &Ids) -> Option<Live> {
    let typing = planned.plan.typing.as_ref()?;
    let conversation_id = *ids.get(&(planned.inbound.account, typing.conversation))?;
    Some(Live::Typing {
        conversation_id,
        actor_type: typing.actor_type.clone(),
        actor_id: None,
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
