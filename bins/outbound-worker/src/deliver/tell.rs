//! Announces the state of commands to the screens. The end of a try is announced at once, or later by
//! [`crate::leftovers`]. That a try begins is announced at best effort, since its end follows.

use chrono::Utc;
use domain::{Activity, ActivityId, DeliveryState, Message, MessageId};
use events::{Announcement, AnnouncementSubject, TraceParent, WakeUp};
use serde_json::json;
use store::outbox::Entry;
use store::{PgConnection, activities, conversations, messages};

use super::Carrier;
use super::job::Job;
use super::settle::News;

/// The kind of an activity about a message's delivery state.
const STATE_CHANGED: &str = "message_state_changed";

/// Makes the activity to announce. Its id is the same for the same state of the same try for the same reason.
pub(super) fn tale(job: &Job<'_>, news: &News<'_>) -> Activity {
    let entry = job.entry;
    let attempt = news.ended.map_or(entry.attempts, |(number, _)| number);
    let reply = job.is_delivery();
    let kind = match news.state {
        _ if reply => STATE_CHANGED,
        DeliveryState::Failed => "command_failed",
        _ => "command_settled",
    };
    let data = if reply {
        json!({
            "messageId": job.message(),
            "state": news.state,
            "reason": news.reason,
            "attempt": attempt,
        })
    } else {
        json!({
            "operationId": entry.operation,
            "command": entry.command,
            "reason": news.reason,
            "attempt": attempt,
        })
    };
    // Included since a person may ask for the same reply once more.
    let asked_at = entry.created_at.timestamp_micros().to_be_bytes();
    let (state, reason) = (news.state.as_str(), news.reason.unwrap_or_default());
    let which = [entry.operation.0.as_bytes(), &asked_at[..], state.as_bytes(), reason.as_bytes()];
    Activity {
        id: ActivityId::of(entry.account, kind, attempt.into(), &which.concat()),
        kind: kind.to_owned(),
        source: "axis".to_owned(),
        account_id: Some(entry.account),
        conversation_id: Some(entry.conversation),
        about: None,
        actor: None,
        occurred_at: Utc::now(),
        data: data.into(),
    }
}

/// The rows that are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    /// The message alone: nothing else shows that a try has begun.
    Message,
    /// The message and its conversation, whose row tells whether a reply failed.
    Conversation,
}

impl Carrier {
    /// Announces that a try has begun.
    pub(super) async fn tell_sending(&self, job: &Job<'_>, attempt: i32) {
        let entry = Entry { attempts: attempt, ..job.entry.clone() };
        let activity = tale(&Job { entry: &entry, ..*job }, &News::sending());
        self.publish(job, activity, With::Message).await;
    }

    /// Announces what was recorded, and notes that it need not be announced again.
    pub(super) async fn tell(&self, job: &Job<'_>, activity: Activity) {
        let id = activity.id;
        if self.publish(job, activity, With::Conversation).await {
            self.told.note(id);
        }
    }

    /// Announces, at best effort, that a message waits for what comes before it, if it does. The trace is its
    /// wake-up's.
    pub(super) async fn tell_held_up(&self, wake_up: &WakeUp, trace: &TraceParent) {
        let announcement = match self.held_up(wake_up).await {
            Ok(Some(announcement)) => announcement,
            Ok(None) => return,
            Err(error) => {
                return tracing::debug!(%error, "cannot read whether a message is held up");
            }
        };
        let envelope = announcement.envelope(&wake_up.tenant, &trace.child());
        let Ok(envelope) = envelope else { return };
        if let Err(error) = self.publisher.publish(envelope).await {
            tracing::debug!(%error, "cannot announce that a message is held up");
        }
    }

    async fn held_up(&self, wake_up: &WakeUp) -> Result<Option<Announcement>, store::Error> {
        let id = MessageId(wake_up.operation.0);
        let held_up = async {
            let mut transaction = self.store.worker().await?;
            let mut announcement = None;
            if let Some(message) = messages::held_up(&mut transaction, id).await? {
                let activity = waiting(wake_up, &message);
                let subject = AnnouncementSubject::message(None, message);
                announcement = Some(named(&mut transaction, activity, subject).await?);
            }
            store::commit(transaction).await?;
            Ok(announcement)
        };
        store::within(store::PATIENCE, held_up).await
    }

    /// Announces an activity with the present rows that it is about. Returns whether the stream has it.
    async fn publish(&self, job: &Job<'_>, activity: Activity, with: With) -> bool {
        let announcement = match self.announcement(job, activity, with).await {
            Ok(announcement) => announcement,
            Err(error) => {
                tracing::debug!(%error, "cannot read the row of a state; it will be announced later");
                return false;
            }
        };
        let Ok(envelope) = announcement.envelope(&job.entry.tenant, &job.entry.trace.child())
        else {
            return false;
        };
        let published = self.publisher.publish(envelope).await;
        if let Err(error) = &published {
            tracing::debug!(%error, "cannot announce a state; it will be announced later");
        }
        published.is_ok()
    }

    async fn announcement(
        &self,
        job: &Job<'_>,
        activity: Activity,
        with: With,
    ) -> Result<Announcement, store::Error> {
        let mut transaction = self.store.worker().await?;
        let mut subject = AnnouncementSubject::default();
        if let Some(id) = job.message() {
            subject.message = messages::by_ids(&mut transaction, &[id]).await?.pop();
        }
        if with == With::Conversation {
            let conversation = job.entry.conversation;
            subject.conversation = conversations::get(&mut transaction, conversation).await?;
        }
        let announcement = named(&mut transaction, activity, subject).await?;
        store::commit(transaction).await?;
        Ok(announcement)
    }
}

/// An announcement that says whom it concerns, with or without the conversation's row.
async fn named(
    connection: &mut PgConnection,
    activity: Activity,
    subject: AnnouncementSubject,
) -> Result<Announcement, store::Error> {
    let mut announcement = Announcement::new(activity, subject);
    if announcement.activity.about.is_none() {
        activities::name(connection, [&mut announcement.activity]).await?;
    }
    Ok(announcement)
}

/// The activity that says that a message waits for what comes before it. There is one for each time that the command
/// before it was put off.
fn waiting(wake_up: &WakeUp, message: &Message) -> Activity {
    let since = message.updated_at.timestamp_micros().to_be_bytes();
    let which = [&wake_up.operation.0.as_bytes()[..], &since[..]].concat();
    Activity {
        id: ActivityId::of(wake_up.account, STATE_CHANGED, 0, &which),
        kind: STATE_CHANGED.to_owned(),
        source: "axis".to_owned(),
        account_id: Some(wake_up.account),
        conversation_id: Some(wake_up.conversation),
        about: None,
        actor: None,
        occurred_at: Utc::now(),
        data: json!({
            "messageId": message.id,
            "state": message.state,
            "reason": message.state_reason,
            "attempt": message.attempts,
        })
        .into(),
    }
}
