//! The worker's health checks. Whatever is missing, commands wait and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use accounts::Watch;
use bus::Bus;
use events::subject;
use objects::Objects;
use service::{Health, Status};
use store::{Store, Trouble};

use crate::fence::{Fence, OUTDATED};
use crate::locked_out::LockedOut;
use crate::relay::DEAF;

/// What to do where no locks can be taken.
const LOCKLESS: &str = "no conversation can be locked, so commands wait: check DATABASE_DIRECT_URL, or DATABASE_URL \
                        where that is not set";

/// Registers the checks of NATS, announcements, Postgres, the connections for locks and the attachment store.
pub(crate) fn servers(health: &Health, store: &Store, locks: &Store, bus: &Bus, objects: &Objects) {
    let watched = bus.clone();
    health.check("nats", move || {
        let connected = watched.connected();
        async move {
            Status::up_or_degraded(connected, "not connected; commands wait in the outbox")
        }
    });
    let announcing = bus.clone();
    health.check("announcements", move || {
        let told = !announcing.stands_still(subject::ACTIVITY);
        let untold =
            "the stream ACTIVITY takes nothing: screens do not show what becomes of commands";
        async move { Status::up_or_degraded(told, untold) }
    });
    let store = store.clone();
    health.check("postgres", move || {
        let store = store.clone();
        async move {
            let waits = |why: Trouble| Status::Degraded(format!("{why}; commands wait there"));
            store.trouble().await.map_or(Status::Up, waits)
        }
    });
    let locks = locks.clone();
    health.check("locks", move || {
        let locks = locks.clone();
        async move {
            match locks.trouble().await {
                Some(Trouble::Away(why)) => Status::Degraded(format!("{why}; {LOCKLESS}")),
                // Each conversation in hand has one of them.
                Some(Trouble::Busy(_)) | None => Status::Up,
            }
        }
    });
    let objects = objects.clone();
    health.check("attachments", move || {
        let objects = objects.clone();
        async move {
            let wrong = match objects.ping().await {
                Ok(()) => return Status::Up,
                Err(objects::Error::Away) => {
                    "the attachment store is empty, as when its disk is not mounted; messages with \
                     files wait"
                }
                Err(_) => "cannot be read; messages with files wait",
            };
            Status::Degraded(wrong.to_owned())
        }
    });
}

/// Registers the checks of whether the relay's last round failed, and whether it hears of new commands.
pub(crate) fn relay(health: &Health, failing: &Arc<AtomicBool>, deaf: &Arc<AtomicBool>) {
    let (failing, deaf) = (Arc::clone(failing), Arc::clone(deaf));
    health.check("outbox relay", move || {
        let works = !failing.load(Ordering::Relaxed);
        async move { Status::up_or_degraded(works, "cannot publish; commands wait in the outbox") }
    });
    health.check("wake-ups", move || {
        let hears = !deaf.load(Ordering::Relaxed);
        async move { Status::up_or_degraded(hears, DEAF) }
    });
}

/// Registers the check of whether the database is an older copy of itself.
pub(crate) fn fence(health: &Health, fence: &Fence) {
    let fence = fence.clone();
    health.check("database copy", move || {
        let outdated = fence.is_outdated();
        async move { if outdated { Status::Down(OUTDATED.to_owned()) } else { Status::Up } }
    });
}

/// Registers the check of accounts that cannot be called, or whose tokens Chatwoot does not accept.
pub(crate) fn accounts(health: &Health, watch: &Watch, locked_out: &LockedOut) {
    let (watch, locked_out) = (watch.clone(), locked_out.clone());
    health.check("accounts", move || {
        let wrong = match (watch.unusable(), locked_out.any(), watch.own_unusable()) {
            (1.., ..) => Some("some tokens do not open with AXIS_SECRET_KEY; their commands wait"),
            (0, true, _) => Some(
                "Chatwoot does not accept some accounts' tokens; their commands wait for an hour or two",
            ),
            (0, false, 1..) => Some(
                "some people's own tokens do not open with AXIS_SECRET_KEY; what they write goes \
                 out with the account's",
            ),
            (0, false, 0) => None,
        };
        async move { wrong.map_or(Status::Up, |wrong| Status::Degraded(wrong.to_owned())) }
    });
}
