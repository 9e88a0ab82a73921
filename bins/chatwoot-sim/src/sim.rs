//! The stand-in as a value: what tests hold in their hands.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bodies::rest;
use crate::config::Options;
use crate::dispatch::{Delivery, Dispatch};
use crate::faults::{BadProbability, Faults, Switchboard};
use crate::lock::lock;
use crate::model::{Denied, Event, World};
use crate::server::{self, Running};
use crate::{control, receipts, screen, seed, snoozes, trickle};

/// One installation of Chatwoot in memory. Clones are the same installation.
#[derive(Clone)]
pub struct Sim {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub options: Options,
    pub world: Arc<Mutex<World>>,
    pub faults: Arc<Switchboard>,
    pub dispatch: Arc<Dispatch>,
    /// Ends answers that are being delayed on purpose.
    pub closing: CancellationToken,
    pub receipts: receipts::Receipts,
}

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// An account, conversation, message or contact of that id does not exist.
    #[error("there is no such record")]
    NotFound,
    /// Refused as Chatwoot would refuse it.
    #[error("{0}")]
    Refused(String),
}

impl From<Denied> for SimError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Self::NotFound,
            Denied::Invalid(sentence, _) | Denied::Failed(sentence) => Self::Refused(sentence),
        }
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// Makes the installation that the options ask for. Webhooks go out once it is served.
    pub fn new(options: Options) -> Result<Self, SimError> {
        let world = Arc::new(Mutex::new(seed::world(&options, "http://127.0.0.1:3100")?));
        let faults = Arc::new(Switchboard::new(options.seed));
        let delivery = options.delivery.clone();
        let dispatch = Dispatch::start(delivery, Arc::clone(&world), Arc::clone(&faults));
        let receipts = receipts::Receipts::default();
        let closing = CancellationToken::new();
        let shared = Shared { options, world, faults, dispatch, closing, receipts };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes an installation and serves it on the listener until `shutdown`.
    #[expect(clippy::unused_async, reason = "it spawns, so it belongs in a runtime")]
    pub async fn start(
        options: Options,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> io::Result<Running> {
        let sim = Self::new(options).map_err(io::Error::other)?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(sim.clone().run(listener, shutdown));
        Ok(Running { sim, address, task })
    }

    /// Serves until `shutdown`: both APIs, the webhook workers and, if asked for, the trickle.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let address = listener.local_addr()?;
        self.world().base_url = format!("http://{address}");
        let closing = self.shared.closing.clone();
        let serve = async {
            let served = server::serve(self.router(), listener, shutdown.clone()).await;
            closing.cancel();
            served
        };
        let stop = async {
            shutdown.cancelled().await;
            closing.cancel();
        };
        let dispatch = Arc::clone(&self.shared.dispatch).run(closing.clone());
        let receipts = receipts::run(self.clone(), closing.clone());
        let snoozes = snoozes::run(self.clone(), closing.clone());
        let events = trickle::run(self.clone(), closing.clone());
        tracing::info!(%address, "a stand-in for Chatwoot is listening");
        let (served, (), (), (), (), ()) =
            tokio::join!(serve, stop, dispatch, receipts, snoozes, events);
        served
    }

    /// The application API under `/api/v1` and the control API under `/_sim`. If this is served by other
    /// means than [`Sim::run`], no webhook is sent, and a cut connection is an answer that breaks off.
    pub fn router(&self) -> axum::Router {
        crate::rest::router(self).merge(control::router(self)).merge(screen::router(self))
    }

    /// Returns once every event so far has been delivered or lost, including receipts of providers;
    /// at once if nothing waits. Never returns while [`crate::WebhookFaults::stall`] holds
    /// something, or before it is served.
    pub async fn settled(&self) {
        self.shared.dispatch.settled().await;
    }

    /// Returns the bodies that webhooks would have of all that has happened since the last call, built from
    /// the present state. Only for an installation that is not served; its webhooks are then lost.
    pub fn bodies(&self) -> Vec<String> {
        self.shared.dispatch.bodies()
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let by = chrono::TimeDelta::from_std(by).unwrap_or_default();
        self.world().shift += by;
        snoozes::wake(self);
    }

    /// Has what happens from now on happen this much earlier. What has happened already keeps its times.
    pub fn set_back(&self, by: Duration) {
        self.world().shift -= chrono::TimeDelta::from_std(by).unwrap_or_default();
    }

    /// The newest attempts to deliver, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.dispatch.deliveries()
    }

    /// Invalidates every address of an attachment that was given out so far, as a change of the
    /// installation's secret would.
    pub fn expire_files(&self) {
        let mut world = self.world();
        world.signing = world.signing.wrapping_add(1);
    }

    /// From now on webhooks print a message's text as its channel gets it, as versions of 2025 and 2026 do.
    pub fn render_texts(&self) {
        self.world().renders = true;
    }

    /// The faults in force, with what remains of `next`.
    pub fn faults(&self) -> Faults {
        self.shared.faults.get()
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Faults) -> Result<(), BadProbability> {
        faults.check()?;
        self.shared.faults.set(faults);
        Ok(())
    }

    /// Goes back to the beginning: state, faults and the log of deliveries. Secrets and tokens of
    /// what the options asked for come out the same.
    pub fn reset(&self) -> Result<(), SimError> {
        let mut world = self.world();
        *world = seed::world(&self.shared.options, &world.base_url)?;
        drop(world);
        self.shared.faults.set(Faults::default());
        self.shared.dispatch.forget();
        Ok(())
    }

    /// Returns everything in one conversation, including notes and activities, oldest first, in the
    /// form of a REST answer.
    pub fn messages(&self, account: i64, conversation: i64) -> Result<Vec<Value>, SimError> {
        self.read(|world| {
            let row = world.conversation(account, conversation)?;
            Ok(row.messages.values().map(|m| rest::message(world, account, row, m)).collect())
        })
    }

    /// Returns a conversation in the form of a REST answer.
    pub fn conversation(&self, account: i64, conversation: i64) -> Result<Value, SimError> {
        self.read(|world| {
            let row = world.conversation(account, conversation)?;
            Ok(rest::conversation(world, world.account(account)?, row))
        })
    }

    /// Returns all accounts with their conversations and messages: `{accounts:[{id, name,
    /// conversations:[{…, messages:[…]}]}]}`, in the forms of REST answers.
    pub fn state(&self) -> Value {
        let world = self.world();
        let accounts = world.accounts.values().map(|account| {
            let conversations = account.conversations.values().map(|row| {
                let mut body = rest::conversation(&world, account, row);
                let all = row.messages.values();
                body["messages"] = all.map(|m| rest::message(&world, account.id, row, m)).collect();
                body
            });
            let conversations: Vec<Value> = conversations.collect();
            json!({ "id": account.id, "name": account.name, "conversations": conversations })
        });
        json!({ "accounts": accounts.collect::<Vec<_>>() })
    }

    /// The installation, which stays as it is while this is held.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    pub(crate) fn read<T>(
        &self,
        look: impl FnOnce(&World) -> Result<T, Denied>,
    ) -> Result<T, SimError> {
        Ok(look(&self.world())?)
    }

    /// Runs one transaction. What it noted goes to the dispatcher once it is done.
    pub(crate) fn change<T, E>(
        &self,
        held: Duration,
        work: impl FnOnce(&mut World) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut world = self.world();
        let result = work(&mut world);
        let mut events: Vec<Event> = world.take_events();
        drop(world);
        for event in &mut events {
            event.held = held;
        }
        if !events.is_empty() {
            self.shared.receipts.observe(self, &events);
            self.shared.dispatch.accept(events);
        }
        result
    }

    pub(crate) fn act<T>(
        &self,
        work: impl FnOnce(&mut World) -> Result<T, Denied>,
    ) -> Result<T, SimError> {
        Ok(self.change(Duration::ZERO, work)?)
    }
}
