//! The faults in force, and what they do to one request or delivery.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::sync::watch;

use super::{Faults, FileFaults, Millis, Scope, Shuffle, WebhookFaults};

/// What happens to one delivery.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DeliveryFate {
    pub drop: bool,
    pub duplicate: bool,
    pub delay: Duration,
    pub bad_signature: bool,
    pub shuffle: Shuffle,
}

/// What happens to one REST request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestFate {
    /// Whether it waits for [`Switchboard::answering`].
    pub stalled: bool,
    pub latency: Duration,
    pub before: Option<Before>,
    /// How long it waits before it begins, even if its caller gives up.
    pub late: Option<Duration>,
    pub echo_delay: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Before {
    RateLimited,
    Unavailable,
    TurnedAway,
    Cut,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum After {
    Timeout(Duration),
    Error,
    KeptBack,
    Unprocessable,
    Cut,
}

/// What happens to somebody who asks for an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileFate {
    Served,
    Unavailable,
    Elsewhere(String),
}

/// What is known of a request before it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Read,
    MessageCreate,
    WebhookCreate,
    Delete,
    OtherWrite,
}

/// The faults in force and the dice.
pub(crate) struct Switchboard {
    state: Mutex<(Faults, StdRng)>,
    /// Whether deliveries are stalled.
    stall: watch::Sender<bool>,
    /// Whether requests are stalled.
    rest_stall: watch::Sender<bool>,
}

impl Switchboard {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed ^ 0x6661_756c_7473);
        let (stall, rest_stall) = (watch::Sender::new(false), watch::Sender::new(false));
        Self { state: Mutex::new((Faults::default(), rng)), stall, rest_stall }
    }

    fn lock(&self) -> MutexGuard<'_, (Faults, StdRng)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self) -> Faults {
        self.lock().0.clone()
    }

    pub(crate) fn set(&self, faults: Faults) {
        self.stall.send_replace(faults.webhooks.stall);
        self.rest_stall.send_replace(faults.rest.stall);
        self.lock().0 = faults;
    }

    /// Returns when deliveries may go out.
    pub(crate) async fn flowing(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.stall.subscribe().wait_for(|stalled| !stalled).await;
    }

    /// Returns when requests may begin.
    pub(crate) async fn answering(&self) {
        // Cannot fail either.
        let _ = self.rest_stall.subscribe().wait_for(|stalled| !stalled).await;
    }

    /// Returns whether the dispatcher runs twice for this event, and whether it loses the changes.
    pub(crate) fn dispatch(&self, event: &str) -> (bool, bool) {
        let (faults, rng) = &mut *self.lock();
        let faults = &mut faults.webhooks;
        if !strikes_event(faults, event) {
            return (false, false);
        }
        (faults.redispatch.strikes(rng), faults.null_changes.strikes(rng))
    }

    pub(crate) fn delivery(&self, event: &str) -> DeliveryFate {
        let (faults, rng) = &mut *self.lock();
        let faults = &mut faults.webhooks;
        if !strikes_event(faults, event) {
            return DeliveryFate::default();
        }
        DeliveryFate {
            drop: faults.drop.strikes(rng),
            duplicate: faults.duplicate.strikes(rng),
            delay: faults.delay_ms.draw(rng),
            bad_signature: faults.bad_signature.strikes(rng),
            shuffle: faults.shuffle,
        }
    }

    pub(crate) fn request(&self, kind: RequestKind) -> RequestFate {
        let (faults, rng) = &mut *self.lock();
        let faults = &mut faults.rest;
        if !in_scope(faults.scope, kind) {
            return RequestFate::default();
        }
        let before = if faults.rate_limited.strikes(rng) {
            Some(Before::RateLimited)
        } else if faults.unavailable.strikes(rng) {
            Some(Before::Unavailable)
        } else if faults.turned_away.strikes(rng) {
            Some(Before::TurnedAway)
        } else if faults.cut.strikes(rng) {
            Some(Before::Cut)
        } else {
            None
        };
        let writes = kind != RequestKind::Read && before.is_none();
        let slow = writes && faults.slow_echo.strikes(rng);
        let echo_delay = if slow { faults.slow_echo_ms.draw(rng) } else { Duration::ZERO };
        let late = writes && faults.stored_late.strikes(rng);
        let late = late.then(|| faults.stored_late_ms.draw(rng));
        let (stalled, latency) = (faults.stall, faults.latency_ms.draw(rng));
        RequestFate { stalled, latency, before, late, echo_delay }
    }

    /// Decides what happens to a request for an attachment.
    pub(crate) fn file(&self) -> FileFate {
        match &self.lock().0.files {
            FileFaults { redirect_to: Some(place), .. } => FileFate::Elsewhere(place.clone()),
            FileFaults { unavailable: true, .. } => FileFate::Unavailable,
            FileFaults { .. } => FileFate::Served,
        }
    }

    /// Decides what happens after a write has succeeded.
    pub(crate) fn stored(&self, kind: RequestKind) -> Option<After> {
        let (faults, rng) = &mut *self.lock();
        let faults = &mut faults.rest;
        if kind == RequestKind::Read || !in_scope(faults.scope, kind) {
            return None;
        }
        if faults.stored_then_timeout.strikes(rng) {
            Some(After::Timeout(Duration::from_millis(faults.timeout_ms)))
        } else if faults.stored_then_5xx.strikes(rng) {
            Some(After::Error)
        } else if faults.stored_then_403.strikes(rng) {
            Some(After::KeptBack)
        } else if kind == RequestKind::MessageCreate && faults.stored_then_422.strikes(rng) {
            Some(After::Unprocessable)
        } else if faults.stored_then_cut.strikes(rng) {
            Some(After::Cut)
        } else {
            None
        }
    }

    /// Shuffles what was held back.
    pub(crate) fn shuffle<T>(&self, held: &mut [T]) {
        use rand::seq::SliceRandom as _;
        held.shuffle(&mut self.lock().1);
    }

    pub(crate) fn draw(&self, range: Millis) -> Duration {
        range.draw(&mut self.lock().1)
    }
}

fn strikes_event(faults: &WebhookFaults, event: &str) -> bool {
    faults.events.is_empty() || faults.events.iter().any(|name| name == event)
}

fn in_scope(scope: Scope, kind: RequestKind) -> bool {
    match scope {
        Scope::Any => true,
        Scope::Reads => kind == RequestKind::Read,
        Scope::Writes => kind != RequestKind::Read,
        Scope::MessageCreate => kind == RequestKind::MessageCreate,
        Scope::WebhookCreate => kind == RequestKind::WebhookCreate,
        Scope::Deletes => kind == RequestKind::Delete,
    }
}
