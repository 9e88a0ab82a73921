//! Handles batches from the accounts' lanes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bus::{Delivery, Failure, Handler, Outcome, Publisher};
use chrono::TimeDelta;
use events::Inbound;
use store::Store;
use tokio::sync::{Notify, Semaphore};

use crate::Config;
use crate::appliers::Appliers;
use crate::metrics::CHATWOOT_LAG;
use crate::plan::{Plan, plan};
use crate::rejection::Rejection;
use crate::room::{self, Room};
use crate::transaction::{self, Planned};

/// After this many bodies the task yields to others.
const BREATH: usize = 4;
/// At most this many rejections are recorded at once, so that a flood leaves connections to the appliers.
const REJECTIONS: usize = 2;

/// Applies events and announces what happened. Events that are poison by themselves end here. The rest of a batch meets
/// that of other lanes in the appliers' transactions, a part at a time if the whole would take too much memory.
pub struct InboundHandler {
    store: Store,
    appliers: Appliers,
    rejections: Semaphore,
    room: Room,
}

impl InboundHandler {
    /// Makes a handler with the default configuration.
    pub fn new(store: Store, publisher: Publisher) -> Self {
        Self::configured(&Config::default(), store, publisher)
    }

    /// Makes a handler with the batch size and concurrency of this configuration.
    pub fn configured(config: &Config, store: Store, publisher: Publisher) -> Self {
        let appliers = Appliers::new(config, store.clone(), publisher);
        Self { store, appliers, rejections: Semaphore::new(REJECTIONS), room: Room::default() }
    }

    /// Is notified when something was written.
    pub(crate) fn written(&self) -> Arc<Notify> {
        self.appliers.written()
    }

    /// Reads a delivery. One that cannot be read is rejected.
    async fn read(&self, delivery: &Delivery) -> Result<Planned, Failure> {
        let inbound = Inbound::read(&delivery.headers).map_err(|error| {
            // It does not say whose it is, so there is no row that it could have.
            Failure::Reject { reason: "foreign", error: error.into(), recorded: false }
        })?;
        let digest = transaction::digest(&delivery.payload);
        let (sequence, attempt) = (delivery.sequence, delivery.attempt);
        // A body that makes the reader panic is poison, like one that it refuses.
        let read = catch_unwind(AssertUnwindSafe(|| plan(&inbound, &delivery.payload)));
        let refusal = match read {
            Ok(Ok(plan)) => {
                if let Some(lag) = chatwoot_lag(delivery, &inbound, &plan) {
                    metrics::histogram!(CHATWOOT_LAG).record(lag.as_seconds_f64());
                }
                return Ok(Planned { inbound, sequence, attempt, digest, plan });
            }
            Ok(Err(refusal)) => refusal.into(),
            Err(_) => "the reader panicked".into(),
        };
        // Fails only if the semaphore is closed, which it never is.
        let _place = self.rejections.acquire().await.ok();
        let (inbound, reason, error) = (&inbound, "undecodable", refusal);
        Err(Rejection { inbound, sequence, digest, reason, error }.note(&self.store).await)
    }

    /// Applies events of a batch, each with its place in the outcomes.
    async fn apply(&self, read: Vec<(usize, Planned)>, outcomes: &mut [Outcome]) {
        let (places, events): (Vec<usize>, Vec<Planned>) = read.into_iter().unzip();
        let now = chrono::Utc::now();
        for planned in &events {
            let lag = now.signed_duration_since(planned.inbound.received_at);
            metrics::histogram!("axis_sync_lag_seconds").record(lag.as_seconds_f64());
        }
        let told = self.appliers.apply(events).await;
        for (index, outcome) in places.into_iter().zip(told) {
            let panicked = || Err(Failure::Retry("an applier panicked".into()));
            outcomes[index] = outcome.unwrap_or_else(panicked);
        }
    }
}

/// The time from when something happened in Chatwoot until its webhook was received. Recorded once per event: not for
/// redeliveries, nor for copies, which have ids of their own. Never negative, since the clocks may differ.
fn chatwoot_lag(delivery: &Delivery, inbound: &Inbound, plan: &Plan) -> Option<TimeDelta> {
    let original = delivery.headers.read(events::MESSAGE_ID) == Ok(inbound.id);
    let first = original && delivery.attempt == 1;
    let lag = inbound.received_at - plan.happened_at.filter(|_| first)?;
    Some(lag.max(TimeDelta::zero()))
}

impl Handler for InboundHandler {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(batch.len());
        let owner = room::owner(&batch);
        let (mut read, mut room) = (Vec::new(), self.room.none(&owner));
        for (index, delivery) in batch.into_iter().enumerate() {
            let weight = room::weight(&delivery.payload);
            if !room.add(weight) {
                self.apply(std::mem::take(&mut read), &mut outcomes).await;
                drop(room);
                room = self.room.wait(&owner, weight).await;
            }
            outcomes.push(match self.read(&delivery).await {
                Ok(planned) => {
                    read.push((index, planned));
                    Ok(())
                }
                Err(failure) => Err(failure),
            });
            if index % BREATH == BREATH - 1 {
                tokio::task::yield_now().await;
            }
        }
        self.apply(read, &mut outcomes).await;
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use domain::AccountKey;

    use super::*;
    use crate::plan::tests::inbound;

    const HAPPENED: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// How late Chatwoot is, by a webhook that came so many seconds after the event.
    fn lag(seconds: i64, other: impl Fn(&mut Delivery, &mut Plan)) -> Option<TimeDelta> {
        let mut inbound = inbound(AccountKey::generate());
        inbound.received_at = HAPPENED + TimeDelta::seconds(seconds);
        let envelope = inbound.envelope(Vec::new());
        let mut delivery = Delivery {
            subject: envelope.subject,
            headers: envelope.headers.with(events::MESSAGE_ID, envelope.message_id),
            payload: envelope.payload.into(),
            sequence: 1,
            attempt: 1,
            published_at: Utc::now(),
        };
        let mut plan = Plan { happened_at: Some(HAPPENED), ..Plan::default() };
        other(&mut delivery, &mut plan);
        chatwoot_lag(&delivery, &inbound, &plan)
    }

    #[test]
    fn how_late_chatwoot_is_is_told_once_of_what_it_sent() {
        assert_eq!(lag(90, |_, _| {}), Some(TimeDelta::seconds(90)));
        assert_eq!(lag(-2, |_, _| {}), Some(TimeDelta::zero()), "its clock is ahead");
        assert_eq!(lag(90, |_, plan| plan.happened_at = None), None, "the body does not say");
        assert_eq!(lag(90, |delivery, _| delivery.attempt = 2), None, "it was told");
        let copied = |delivery: &mut Delivery, _: &mut Plan| {
            let id = delivery.headers.get(events::MESSAGE_ID).map(|id| format!("{id}:replay:x:1"));
            delivery.headers = events::Headers::default().with(events::MESSAGE_ID, id.unwrap());
        };
        assert_eq!(lag(90, copied), None, "it was told when it came");
    }

    #[test]
    fn webhooks_say_when_it_happened_and_what_the_reconciler_reads_does_not() {
        let happened = |name: &str| {
            let (_, body) = chatwoot::examples().iter().find(|(one, _)| *one == name).unwrap();
            plan(&inbound(AccountKey::generate()), body.as_bytes()).unwrap().happened_at
        };
        for name in ["conversation_updated", "message_created", "contact_updated"] {
            assert!(happened(name).is_some(), "{name}");
        }
        assert_eq!(happened("conversation_typing_on"), None);
        let mut inbound = inbound(AccountKey::generate());
        inbound.origin = crate::reconcile::ORIGIN.to_owned();
        let read = br#"{"event":"reconciled_contact","contact":{"id":9},"found":{"missing":true}}"#;
        assert_eq!(plan(&inbound, read).unwrap().happened_at, None);
    }
}
