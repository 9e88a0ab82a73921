//! One stream in, many clients out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bus::{LiveMessage, Tailed};
use domain::TenantId;
use events::{Headers, subject};
use tokio::sync::broadcast;

use super::frame::Event;
use super::position::Position;

/// How far a client may fall behind, in events of its tenant, before it is cut off.
const BACKLOG: usize = 1_024;
/// How far in bytes. The newest event is held whatever its size.
const BACKLOG_BYTES: usize = 16 << 20;
/// How many of the newest events are held although everybody was told of them.
const JUST_TOLD: usize = 32;

/// Hands events on to the clients of their tenant. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct FanOut(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Position of what was handed on last. `None` until the stream could be read.
    position: Option<Position>,
    tenants: HashMap<TenantId, Share>,
}

/// What the clients of one tenant hear.
struct Share {
    sender: broadcast::Sender<Signal>,
    /// What somebody has still to hear, oldest first. The channel only counts events, and one may be an
    /// e-mail of megabytes, so it holds weak references: what is dropped here is gone from there.
    held: VecDeque<Arc<Event>>,
    bytes: usize,
}

/// What a client's session hears.
#[derive(Debug, Clone)]
pub(crate) enum Signal {
    /// Something happened. The event is gone if too much has happened since.
    Event(Weak<Event>),
    /// Positions begin anew here: what follows does not continue what came before.
    Begin(Position),
}

/// A client's share in the fan-out.
pub(crate) struct Joined {
    /// Exactly what comes after this position will be heard. `None` if a [`Signal::Begin`] is still
    /// to come, which will say.
    pub(crate) position: Option<Position>,
    pub(crate) signals: broadcast::Receiver<Signal>,
}

impl FanOut {
    /// Returns the position of what was handed on last.
    pub(crate) fn position(&self) -> Option<Position> {
        self.state().position.clone()
    }

    /// Joins the clients of this tenant.
    pub(crate) fn join(&self, tenant: &TenantId) -> Joined {
        let mut state = self.state();
        let signals = if let Some(share) = state.tenants.get(tenant) {
            share.sender.subscribe()
        } else {
            let (sender, signals) = broadcast::channel(BACKLOG);
            let share = Share { sender, held: VecDeque::new(), bytes: 0 };
            state.tenants.insert(tenant.clone(), share);
            signals
        };
        Joined { position: state.position.clone(), signals }
    }

    /// Begins at this position, or begins anew there.
    pub(crate) fn begin(&self, position: &Position) {
        let mut state = self.state();
        state.position = Some(position.clone());
        state.tenants.retain(|_, share| share.sender.send(Signal::Begin(position.clone())).is_ok());
    }

    /// Hands on a message of the stream. Messages must come one after the other.
    pub(crate) fn event(&self, message: &Tailed) {
        let position = {
            let mut state = self.state();
            let Some(position) = &state.position else { return };
            if message.sequence <= position.sequence {
                return;
            }
            let position = position.at(message.sequence);
            if !state.is_heard(&message.subject) {
                state.position = Some(position);
                return;
            }
            position
        };
        // Read without the lock, which all streams share: it may be an e-mail of megabytes. A
        // client that joins meanwhile begins at the position before it, and hears it too.
        let stored = Some((&position, &message.headers));
        let event = read(stored, &message.subject, &message.payload);
        let mut state = self.state();
        // The position moves on whether or not the message can be read.
        state.position = Some(position);
        state.hand_on(&message.subject, event);
    }

    /// Hands on something that matters only now, such as typing.
    pub(crate) fn moment(&self, message: &LiveMessage) {
        if self.state().is_heard(&message.subject) {
            let event = read(None, &message.subject, &message.payload);
            self.state().hand_on(&message.subject, event);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The lock is held for lookups and sends only, none of which can leave the state half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads an event. Returns `None` if it cannot be read.
fn read(
    stored: Option<(&Position, &Headers)>,
    subject: &str,
    payload: &[u8],
) -> Option<Arc<Event>> {
    match Event::read(stored, subject, payload) {
        Ok(event) => Some(Arc::new(event)),
        Err(error) => {
            metrics::counter!("axis_api_unreadable_events_total").increment(1);
            tracing::warn!(subject, %error, "cannot read an event; it is shown to nobody");
            None
        }
    }
}

impl State {
    /// Whether any client of the subject's tenant listens. A tenant without clients is forgotten.
    fn is_heard(&mut self, subject: &str) -> bool {
        let Some(tenant) = subject::tenant(subject) else { return false };
        match self.tenants.get(&tenant) {
            Some(share) if share.sender.receiver_count() > 0 => true,
            Some(_) => {
                self.tenants.remove(&tenant);
                false
            }
            None => false,
        }
    }

    fn hand_on(&mut self, subject: &str, event: Option<Arc<Event>>) {
        let share = subject::tenant(subject).and_then(|tenant| self.tenants.get_mut(&tenant));
        if let (Some(share), Some(event)) = (share, event) {
            share.tell(event);
        }
    }
}

impl Share {
    fn tell(&mut self, event: Arc<Event>) {
        // Fails if the last client has gone in between.
        self.sender.send(Signal::Event(Arc::downgrade(&event))).ok();
        self.bytes += event.frame.len();
        self.held.push_back(event);
        // Events that everybody has heard go first, except the last few, which somebody may have
        // been told of and not taken yet; then as many as make it too much.
        while self.held.len() > 1
            && (self.held.len() > self.sender.len() + JUST_TOLD || self.bytes > BACKLOG_BYTES)
        {
            let gone = self.held.pop_front();
            self.bytes -= gone.map_or(0, |event| event.frame.len());
        }
    }
}
