//! Announces activities to the screens, after the commit and before the acknowledgement. A crash in between is repaired
//! by the redelivery, and the stream drops what was announced already.

use bus::{PublishError, Publisher};
use chrono::{TimeDelta, Utc};
use domain::{Activity, TenantId, in_words};
use events::{AnnouncementRows, Envelope, Inbound, Live, TraceParent, subject};
use store::conversations::Ids;

use crate::activity;
use crate::transaction::{Applied, Planned};

/// After this many announcements the task yields to others.
const BREATH: usize = 16;
/// Typing that was received longer ago than this is over.
const STALE: TimeDelta = TimeDelta::seconds(10);

/// Why a batch could not be announced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnnounceError {
    #[error("cannot announce activities")]
    Publish(#[from] PublishError),
    #[error("cannot encode an announcement")]
    Serialize(#[from] serde_json::Error),
}

/// An activity to announce with its rows, its tenant and its trace.
#[derive(Debug)]
struct Telling<'a> {
    tenant: TenantId,
    trace: TraceParent,
    activity: Activity,
    rows: AnnouncementRows<'a>,
}

impl<'a> Telling<'a> {
    /// Announces an activity of this event.
    fn of(inbound: &Inbound, activity: Activity, rows: AnnouncementRows<'a>) -> Self {
        Self { tenant: inbound.tenant.clone(), trace: inbound.trace.child(), activity, rows }
    }
}

/// What was announced. Its rows are in the envelope.
#[derive(Debug)]
struct Told {
    tenant: TenantId,
    trace: TraceParent,
    activity: Activity,
}

/// The announcements of a batch, ready to be handed over.
#[derive(Debug)]
pub(crate) struct Announcements {
    told: Vec<Told>,
    envelopes: Vec<Envelope>,
    live: Vec<(TenantId, Live)>,
}

/// Announcements that were handed over and are not yet confirmed.
#[must_use = "what the stream does not confirm has to come again"]
pub(crate) struct UnderWay {
    told: Vec<Told>,
    answers: bus::UnderWay,
}

impl Announcements {
    /// Writes the announcements of a batch, with the rows as their transaction leaves them.
    pub(crate) async fn write(batch: &[&Planned], applied: Applied) -> Result<Self, AnnounceError> {
        let Applied { ids, told: records, rows, people } = applied;
        let mut all = Self { told: Vec::new(), envelopes: Vec::new(), live: Vec::new() };
        let drafts: Vec<_> = batch
            .iter()
            .flat_map(|planned| {
                planned.plan.activities.iter().map(|draft| (&planned.inbound, draft))
            })
            .collect();
        for ((inbound, draft), record) in drafts.into_iter().zip(records) {
            if draft.silent {
                continue;
            }
            let about = rows.about(&record.activity, draft.message);
            all.add(Telling::of(inbound, record.activity, about))?;
            if all.told.len().is_multiple_of(BREATH) {
                tokio::task::yield_now().await;
            }
        }
        let people = people.into_iter().map(|(index, activity)| {
            Telling::of(&batch[index].inbound, activity, AnnouncementRows::default())
        });
        let looks = rows.looks().map(|(index, row)| {
            let inbound = &batch[index].inbound;
            let about = AnnouncementRows { conversation: Some(row), ..AnnouncementRows::default() };
            Telling::of(inbound, activity::conversation_refreshed(inbound.account, row), about)
        });
        let retold = rows.retold().map(|(index, place, row)| {
            let inbound = &batch[index].inbound;
            let activity = activity::message_refreshed(inbound.account, place, row);
            let about = rows.about(&activity, row.chatwoot_id);
            Telling::of(inbound, activity, about)
        });
        for telling in people.chain(looks).chain(retold) {
            all.add(telling)?;
        }
        let now = Utc::now();
        let in_time =
            |planned: &&&Planned| now.signed_duration_since(planned.inbound.received_at) <= STALE;
        let live = batch.iter().filter(in_time).filter_map(|planned| {
            live(planned, &ids).map(|live| (planned.inbound.tenant.clone(), live))
        });
        all.live.extend(live);
        Ok(all)
    }

    fn add(&mut self, telling: Telling<'_>) -> Result<(), serde_json::Error> {
        let Telling { tenant, trace, mut activity, rows } = telling;
        self.envelopes.push(rows.announce(&mut activity, &tenant, &trace)?);
        self.told.push(Told { tenant, trace, activity });
        Ok(())
    }

    /// Hands the announcements over. Those handed over later arrive later.
    pub(crate) async fn start(self, publisher: &Publisher) -> UnderWay {
        let answers = publisher.start_all(self.envelopes).await;
        for (tenant, live) in self.live {
            show(publisher, &tenant, &live).await;
        }
        UnderWay { told: self.told, answers }
    }
}

impl UnderWay {
    /// Waits until the stream has confirmed all announcements.
    pub(crate) async fn confirmed(self, publisher: &Publisher) -> Result<(), AnnounceError> {
        let answers = self.answers.answers().await;
        for (told, answer) in self.told.into_iter().zip(answers) {
            match answer {
                Ok(_) => {}
                Err(error) if error.is_permanent() => bare(publisher, told, &error).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Announces an activity without its rows if the stream never accepts it with them, because it takes only small ones.
/// The screens then fetch them. If it does not accept that either, the activity is in the database all the same.
async fn bare(
    publisher: &Publisher,
    Told { tenant, trace, mut activity }: Told,
    refused: &PublishError,
) -> Result<(), AnnounceError> {
    let kind = activity.kind.clone();
    let trace_id = trace.trace_id();
    tracing::warn!(trace.id = trace_id, activity.kind = kind, error = %refused, "an activity is announced without its rows");
    let bare = AnnouncementRows::default().announce(&mut activity, &tenant, &trace)?;
    match publisher.publish(bare).await {
        Err(error) if !error.is_permanent() => return Err(error.into()),
        Err(error) => {
            metrics::counter!("axis_announcements_refused_total").increment(1);
            tracing::error!(
                trace.id = trace_id,
                activity.kind = kind,
                error = in_words(&error),
                "an activity is not announced"
            );
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

/// Publishes what matters only now. If that fails, nobody misses it later.
async fn show(publisher: &Publisher, tenant: &TenantId, live: &Live) {
    let Ok(payload) = serde_json::to_vec(live) else { return };
    let subject = subject::live(tenant, live.kind());
    if let Err(error) = publisher.live(subject, payload.into()).await {
        tracing::debug!(%error, "cannot publish that somebody is typing");
    }
}
