//! From an event to the webhooks.
//!
//! ```text
//! event ──(a moment)──► body from the state of now ──► one job per subscribed webhook
//!                                                          │ held, shuffled, stalled?
//!                                                          ▼
//!                                           workers: one POST each, any order, never again
//! ```

mod log;
mod send;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use self::log::Log;
pub use self::log::{Delivery, Outcome};
use self::send::{Request, Sender};
use crate::bodies::{escape, webhook};
use crate::faults::{DeliveryFate, Millis, Switchboard};
use crate::lock::lock;
use crate::model::{Event, World};

/// Most events and deliveries that are under way at a time. What comes on top is lost.
const MAX_PENDING: usize = 200_000;

/// Time from the first run of a dispatcher to the second, which loads everything again.
const REDISPATCH: Millis = Millis::between(20, 200);

/// How webhooks are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryOptions {
    /// How many are sent at the same time.
    pub workers: usize,
    /// Limit for connecting, and for each wait on the receiver.
    pub timeout: Duration,
    /// Time from an event to the building of its body.
    pub build_delay: Millis,
    /// How many attempts the log keeps.
    pub log_capacity: usize,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            workers: 8,
            timeout: Duration::from_secs(5),
            build_delay: Millis::between(1, 10),
            log_capacity: 10_000,
        }
    }
}

/// The queues between the database and the webhooks.
pub(crate) struct Dispatch {
    options: DeliveryOptions,
    world: Arc<Mutex<World>>,
    faults: Arc<Switchboard>,
    queue: mpsc::UnboundedSender<Event>,
    intake: Mutex<Option<mpsc::UnboundedReceiver<Event>>>,
    pending: watch::Sender<usize>,
    log: Mutex<Log>,
    /// Deliveries held back for a shuffle.
    held: Mutex<Vec<Job>>,
    workers: Semaphore,
    sender: Sender,
    tasks: TaskTracker,
    closing: CancellationToken,
}

/// One delivery that is due.
struct Job {
    account: i64,
    webhook: i64,
    url: String,
    secret: Option<String>,
    event: &'static str,
    subject: i64,
    delivery_id: String,
    body: Bytes,
    fate: DeliveryFate,
}

impl Dispatch {
    pub(crate) fn start(
        options: DeliveryOptions,
        world: Arc<Mutex<World>>,
        faults: Arc<Switchboard>,
    ) -> Arc<Self> {
        let (queue, intake) = mpsc::unbounded_channel();
        Arc::new(Self {
            world,
            faults,
            queue,
            intake: Mutex::new(Some(intake)),
            pending: watch::Sender::new(0),
            log: Mutex::new(Log::new(options.log_capacity)),
            held: Mutex::new(Vec::new()),
            workers: Semaphore::new(options.workers.max(1)),
            sender: Sender::new(options.timeout),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            options,
        })
    }

    /// Takes events that have been committed.
    pub(crate) fn accept(&self, events: Vec<Event>) {
        for event in events {
            if *self.pending.borrow() >= MAX_PENDING {
                warn!(event.name, "the queue is full and an event was lost");
                continue;
            }
            self.begin();
            if self.queue.send(event).is_err() {
                self.end();
            }
        }
    }

    /// Builds the bodies of all events that wait, from the present state, and delivers none of
    /// them. Returns nothing once [`Dispatch::run`] has begun.
    pub(crate) fn bodies(&self) -> Vec<String> {
        let mut intake = lock(&self.intake);
        let Some(intake) = intake.as_mut() else { return Vec::new() };
        let world = lock(&self.world);
        let mut bodies = Vec::new();
        while let Ok(event) = intake.try_recv() {
            bodies.extend(webhook::event(&world, &event).map(|body| escape::print(&body)));
            self.end();
        }
        bodies
    }

    /// Delivers until `shutdown`. A second call while the first runs does nothing.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let Some(mut intake) = lock(&self.intake).take() else { return };
        let work = async {
            while let Some(event) = intake.recv().await {
                let this = Arc::clone(&self);
                self.spawn(async move {
                    this.process(event).await;
                    this.end();
                });
            }
        };
        shutdown.run_until_cancelled(work).await;
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs a step. The end of the program cuts it short, as it would cut a worker of Sidekiq.
    fn spawn(&self, step: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            closing.run_until_cancelled_owned(step).await;
        });
    }

    /// Returns once every event has been dealt with. While stalled or before `run`, it never does
    /// if something waits.
    pub(crate) async fn settled(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.pending.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.log).rows()
    }

    pub(crate) fn forget(&self) {
        lock(&self.log).clear();
    }

    /// Counts something as under way until [`Dispatch::end`].
    pub(crate) fn begin(&self) {
        self.pending.send_modify(|count| *count += 1);
    }

    pub(crate) fn end(&self) {
        self.pending.send_modify(|count| *count = count.saturating_sub(1));
    }

    async fn process(self: &Arc<Self>, event: Event) {
        let delay = self.faults.draw(self.options.build_delay) + event.held;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let (twice, loses_changes) = self.faults.dispatch(event.name);
        self.dispatch(&event, loses_changes);
        if twice {
            sleep(self.faults.draw(REDISPATCH)).await;
            self.dispatch(&event, loses_changes);
        }
    }

    /// Builds the bodies and lets their deliveries go.
    fn dispatch(self: &Arc<Self>, event: &Event, loses_changes: bool) {
        for job in self.jobs(event, loses_changes) {
            self.begin();
            self.release(job);
        }
    }

    /// Makes the deliveries of an event. Its body is built only if somebody subscribes.
    fn jobs(&self, event: &Event, loses_changes: bool) -> Vec<Job> {
        let world = &mut *lock(&self.world);
        let Some(account) = world.accounts.get(&event.account) else { return Vec::new() };
        let subscribes = |name: &String| name == event.name;
        let webhooks: Vec<_> = account
            .webhooks
            .iter()
            .filter(|row| row.subscriptions.iter().any(subscribes))
            .map(|row| (row.id, row.url.clone(), row.secret.clone()))
            .collect();
        if webhooks.is_empty() {
            return Vec::new();
        }
        let Some(mut body) = webhook::event(world, event) else { return Vec::new() };
        if loses_changes && let Some(changes) = body.get_mut("changed_attributes") {
            *changes = Value::Null;
        }
        let body = Bytes::from(escape::print(&body));
        let jobs = webhooks.into_iter().map(|(webhook, url, secret)| Job {
            account: event.account,
            webhook,
            url,
            secret,
            event: event.name,
            subject: event.subject.id(),
            delivery_id: world.uuid(),
            body: body.clone(),
            fate: self.faults.delivery(event.name),
        });
        jobs.collect()
    }

    /// Lets a job go, or holds it back until there are enough others to shuffle it with.
    fn release(self: &Arc<Self>, job: Job) {
        let shuffle = job.fate.shuffle;
        if shuffle.window < 2 {
            return self.launch(job);
        }
        let mut held = lock(&self.held);
        held.push(job);
        if held.len() >= shuffle.window {
            let jobs = std::mem::take(&mut *held);
            drop(held);
            return self.launch_shuffled(jobs);
        }
        if held.len() == 1 {
            let limit = if shuffle.hold_ms == 0 { 100 } else { shuffle.hold_ms };
            let this = Arc::clone(self);
            self.spawn(async move {
                sleep(Duration::from_millis(limit)).await;
                let jobs = std::mem::take(&mut *lock(&this.held));
                this.launch_shuffled(jobs);
            });
        }
    }

    fn launch_shuffled(self: &Arc<Self>, mut jobs: Vec<Job>) {
        self.faults.shuffle(&mut jobs);
        for job in jobs {
            self.launch(job);
        }
    }

    fn launch(self: &Arc<Self>, job: Job) {
        let this = Arc::clone(self);
        self.spawn(async move {
            this.perform(job).await;
            this.end();
        });
    }

    async fn perform(&self, job: Job) {
        if !job.fate.delay.is_zero() {
            sleep(job.fate.delay).await;
        }
        self.faults.flowing().await;
        // The semaphore is never closed.
        let _permit = self.workers.acquire().await;
        if job.fate.drop {
            return self.record(&job, Utc::now(), Outcome::Dropped);
        }
        let forged = job.secret.as_ref().filter(|_| job.fate.bad_signature).map(|_| "forged");
        for _ in 0..=usize::from(job.fate.duplicate) {
            let request = Request {
                url: &job.url,
                secret: forged.or(job.secret.as_deref()),
                delivery_id: &job.delivery_id,
                body: job.body.clone(),
            };
            let sent_at = Utc::now();
            let outcome = self.sender.post(request).await;
            if let Outcome::Failed { error } = &outcome {
                debug!(event.name = job.event, error, "a webhook was not delivered");
            }
            self.record(&job, sent_at, outcome);
        }
    }

    fn record(&self, job: &Job, sent_at: DateTime<Utc>, outcome: Outcome) {
        lock(&self.log).push(Delivery {
            number: 0,
            account_id: job.account,
            webhook_id: job.webhook,
            event: job.event.to_owned(),
            subject_id: job.subject,
            delivery_id: job.delivery_id.clone(),
            body_sha256: log::digest(&job.body),
            sent_at,
            outcome,
        });
    }
}
