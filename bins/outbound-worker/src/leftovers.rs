//! Announces activities that were committed but not announced by their writer, because it died in between or NATS was
//! away.
//!
//! The rows that an announcement carries are read when it is made, so a late one shows nothing outdated. If the
//! activity was announced but that was not recorded, the second announcement has the same message id.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::{PublishError, Publisher};
use domain::{
    Activity, ActivityId, Approval, ApprovalId, Conversation, ConversationId, Message, MessageId,
    TenantId,
};
use events::{AnnouncementRows, TraceParent};
use store::announcements::Left;
use store::{PgConnection, Store, announcements, approvals, conversations, messages};
use tokio_util::sync::CancellationToken;

use crate::rounds::Rounds;

/// How long a writer has to announce an activity by itself.
const PATIENCE: Duration = Duration::from_secs(3);
/// The time between two rounds.
const EVERY: Duration = Duration::from_secs(1);
/// A round that takes longer waits for a server that has silently gone away.
const LONGEST: Duration = Duration::from_mins(1);
/// The most activities that are announced in a round.
const BATCH: i64 = 100;
/// The most announcements that are noted between two rounds. Others are made again, which nobody notices.
const MOST_TOLD: usize = 50_000;

/// The activities that this worker announced and has not removed from the database yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<ActivityId>>>);

impl Told {
    pub(crate) fn note(&self, activity: ActivityId) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD {
            told.push(activity);
        }
    }

    fn take(&self) -> Vec<ActivityId> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Announces what was left and removes what was announced.
pub(crate) struct Leftovers {
    pub(crate) store: Store,
    pub(crate) publisher: Publisher,
    pub(crate) told: Told,
}

#[derive(Debug, thiserror::Error)]
enum LeftoverError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("cannot encode an announcement")]
    Serialize(#[from] serde_json::Error),
}

impl Leftovers {
    /// Works until the shutdown, then removes what was announced meanwhile.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        // What a dropped round announced but did not remove is announced once more.
        shutdown.run_until_cancelled(self.rounds()).await;
        if let Err(error) = store::within(store::PATIENCE, self.clear()).await {
            tracing::debug!(%error, "cannot record what was announced; it will be announced again");
        }
    }

    async fn rounds(&self) {
        let mut rounds = Rounds::new("announce changes", LONGEST);
        loop {
            let more = rounds.next(Box::pin(self.round())).await.unwrap_or(false);
            if !more {
                tokio::time::sleep(EVERY).await;
            }
        }
    }

    /// Removes what was announced, and announces a batch of what was left. Returns whether there may be more.
    async fn round(&self) -> Result<bool, LeftoverError> {
        self.clear().await?;
        let mut transaction = self.store.worker().await?;
        let left = announcements::take_left(&mut transaction, PATIENCE, BATCH).await?;
        if left.is_empty() {
            return Ok(false);
        }
        let more = i64::try_from(left.len()).is_ok_and(|count| count == BATCH);
        let (mut done, mut failure) = (Vec::with_capacity(left.len()), None);
        let mut left: Vec<_> = left
            .into_iter()
            .filter_map(|Left { id, tenant, activity }| match serde_json::from_value(activity) {
                Ok(activity) => Some((tenant, activity)),
                Err(error) => {
                    refused(&error);
                    done.push(id);
                    None
                }
            })
            .collect();
        let rows = Rows::read(&mut transaction, &left).await?;
        let mut envelopes = Vec::with_capacity(left.len());
        for (tenant, activity) in &mut left {
            let about = rows.about(activity);
            envelopes.push(about.announce(activity, tenant, &TraceParent::generate())?);
        }
        let answers = self.publisher.publish_all(envelopes).await;
        for ((tenant, activity), answer) in left.into_iter().zip(answers) {
            let id = activity.id;
            match answer {
                Ok(_) => done.push(id),
                Err(error) if error.is_permanent() => {
                    self.bare(&tenant, activity).await?;
                    done.push(id);
                }
                Err(error) => failure = Some(error),
            }
        }
        announcements::remove(&mut transaction, &done).await?;
        store::commit(transaction).await?;
        metrics::counter!("axis_announcements_repaired_total").increment(done.len() as u64);
        failure.map_or(Ok(more), |error| Err(error.into()))
    }

    async fn clear(&self) -> Result<(), store::Error> {
        let told = self.told.take();
        if told.is_empty() {
            return Ok(());
        }
        let mut transaction = self.store.worker().await?;
        announcements::remove(&mut transaction, &told).await?;
        store::commit(transaction).await
    }

    /// Announces an activity without its rows if the stream does not accept it with them, because it takes only small
    /// ones. The screens then fetch them. If it does not accept that either, the activity is in the database all the same.
    async fn bare(&self, tenant: &TenantId, mut activity: Activity) -> Result<(), LeftoverError> {
        let trace = TraceParent::generate();
        let envelope = AnnouncementRows::default().announce(&mut activity, tenant, &trace)?;
        match self.publisher.publish(envelope).await {
            Err(error) if error.is_permanent() => {
                refused(&error);
                Ok(())
            }
            other => Ok(other.map(drop)?),
        }
    }
}

fn refused(error: &dyn std::fmt::Display) {
    metrics::counter!("axis_announcements_refused_total").increment(1);
    tracing::error!(%error, "cannot announce an activity");
}

/// The rows that announcements carry, as they are now.
struct Rows {
    conversations: HashMap<ConversationId, Conversation>,
    messages: HashMap<MessageId, Message>,
    approvals: HashMap<ApprovalId, Approval>,
}

impl Rows {
    async fn read(
        connection: &mut PgConnection,
        left: &[(TenantId, Activity)],
    ) -> Result<Self, store::Error> {
        let places: Vec<_> =
            left.iter().filter_map(|(_, activity)| activity.conversation_id).collect();
        let ids: Vec<_> = left.iter().filter_map(|(_, activity)| message_of(activity)).collect();
        let asked: Vec<_> = left.iter().filter_map(|(_, activity)| approval_of(activity)).collect();
        let places = conversations::by_ids(connection, &places).await?;
        let messages = messages::by_ids(connection, &ids).await?;
        let approvals = approvals::by_ids(connection, &asked).await?;
        Ok(Self {
            conversations: places.into_iter().map(|place| (place.id, place)).collect(),
            messages: messages.into_iter().map(|message| (message.id, message)).collect(),
            approvals: approvals.into_iter().map(|approval| (approval.id, approval)).collect(),
        })
    }

    fn about<'a>(&'a self, activity: &Activity) -> AnnouncementRows<'a> {
        let place = activity.conversation_id;
        AnnouncementRows {
            conversation: place.and_then(|id| self.conversations.get(&id)),
            message: message_of(activity).and_then(|id| self.messages.get(&id)),
            approval: approval_of(activity).and_then(|id| self.approvals.get(&id)),
        }
    }
}

/// The approval that an activity is about.
fn approval_of(activity: &Activity) -> Option<ApprovalId> {
    activity.data.get::<String>("approvalId")?.parse().ok()
}

/// The message that an activity is about.
fn message_of(activity: &Activity) -> Option<MessageId> {
    activity.data.get::<String>("messageId")?.parse().ok()
}
