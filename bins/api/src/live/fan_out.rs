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
/// How many bytes are held for all tenants together. The event that was handed on last is held whatever its size.
const ALL_BYTES: usize = 128 << 20;
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
    /// What is held for all of them.
    bytes: usize,
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
        let State { position: known, tenants, bytes } = &mut *state;
        *known = Some(position.clone());
        tenants.retain(|_, share| {
            let is_heard = share.sender.send(Signal::Begin(position.clone())).is_ok();
            *bytes -= if is_heard { 0 } else { share.bytes };
            is_heard
        });
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
            Some(share) => {
                self.bytes -= share.bytes;
                self.tenants.remove(&tenant);
                false
            }
            None => false,
        }
    }

    fn hand_on(&mut self, subject: &str, event: Option<Arc<Event>>) {
        let (Some(tenant), Some(event)) = (subject::tenant(subject), event) else { return };
        let Some(share) = self.tenants.get_mut(&tenant) else { return };
        let before = share.bytes;
        share.tell(event);
        self.bytes = self.bytes - before + share.bytes;
        while self.bytes > ALL_BYTES && self.let_go(&tenant) {}
    }

    /// Lets go of the oldest event of the tenant that has the most bytes: its clients are the furthest behind. Not of
    /// the only one of the tenant that was just told of it. Returns false if there is no other.
    fn let_go(&mut self, told: &TenantId) -> bool {
        let others = self
            .tenants
            .iter_mut()
            .filter(|(tenant, share)| share.held.len() > usize::from(*tenant == told));
        let Some((_, most)) = others.max_by_key(|(_, share)| share.bytes) else { return false };
        self.bytes -= most.let_go();
        true
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
            self.let_go();
        }
    }

    /// Lets go of the oldest event, and returns its size.
    fn let_go(&mut self) -> usize {
        let gone = self.held.pop_front().map_or(0, |event| event.frame.len());
        self.bytes -= gone;
        gone
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const MAIL: usize = 1 << 20;

    /// Hands on a mail of a tenant.
    fn mail(fan_out: &FanOut, sequence: u64, tenant: usize) {
        let payload = Bytes::from(format!("{{\"mail\":\"{}\"}}", "x".repeat(MAIL)));
        let (subject, headers) = (format!("activity.t{tenant}.note"), Headers::default());
        fan_out.event(&Tailed { sequence, subject, payload, headers });
    }

    fn next(joined: &mut Joined) -> Option<Arc<Event>> {
        match joined.signals.try_recv() {
            Ok(Signal::Event(event)) => event.upgrade(),
            _ => None,
        }
    }

    #[test]
    fn what_tenants_whose_clients_lag_hold_together_is_bounded_and_who_keeps_up_hears_all() {
        let fan_out = FanOut::default();
        fan_out.begin(&Position { epoch: "e".into(), sequence: 0 });
        let join = |tenant: usize| fan_out.join(&format!("t{tenant}").parse().unwrap());
        let mut quick = join(0);
        let mut lagging: Vec<_> = (1..=12).map(join).collect();
        let mut sequence = 0;
        for round in 0..14 {
            for tenant in 0..=12 {
                sequence += 1;
                mail(&fan_out, sequence, tenant);
                let state = fan_out.state();
                let held = state.tenants.values().map(|share| share.bytes).sum::<usize>();
                assert_eq!(state.bytes, held);
                assert!(held <= ALL_BYTES, "{held} bytes");
                drop(state);
                assert_eq!(next(&mut quick).is_some(), tenant == 0, "round {round}");
            }
        }
        for (n, mut client) in lagging.drain(..).enumerate() {
            assert!(next(&mut client).is_none(), "client {n} is too far behind");
            drop(client);
            mail(&fan_out, sequence + 1 + n as u64, n + 1);
        }
        assert!(fan_out.state().bytes <= BACKLOG_BYTES, "nobody lags any more");
    }
}
