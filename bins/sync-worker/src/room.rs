//! Bounds the memory that events take once they are read, which may be far more than their bytes.
//!
//! It is counted by tenant, and in the same way as Chatwoot's answers: no tenant may have more than is left. Whoever
//! waits for room has none, so that waiting ends when others' events have been applied.

use std::sync::Arc;

use bus::Delivery;
use chatwoot::client::InHand;
use chatwoot::webhook::all_values;
use events::Inbound;
use tokio::sync::Notify;

/// How many bytes all events take together.
const MOST: usize = 256 << 20;
/// About how many bytes a value takes, in the event as it was read and in the rows and announcements made of it.
const A_VALUE: usize = 512;
/// No event counts as more bytes, since that would have to wait for ever among events of other tenants.
const LARGEST: usize = MOST / 4;

/// The room for all events. Clones share it.
#[derive(Clone)]
pub(crate) struct Room {
    in_hand: InHand,
    freed: Arc<Notify>,
}

/// Room for some events of one tenant, until it is dropped.
pub(crate) struct Taken {
    // Given back before others are told so: fields are dropped in this order.
    room: chatwoot::client::Room,
    _freed: Freed,
}

struct Freed(Arc<Notify>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { in_hand: InHand::new(MOST), freed: Arc::default() }
    }
}

impl Room {
    /// No room yet for events of this tenant.
    pub(crate) fn none(&self, owner: &Arc<str>) -> Taken {
        Taken { room: self.in_hand.room(owner), _freed: Freed(Arc::clone(&self.freed)) }
    }

    /// Waits for room for an event of this weight. The caller must have none.
    pub(crate) async fn wait(&self, owner: &Arc<str>, weight: usize) -> Taken {
        let mut taken = self.none(owner);
        loop {
            let freed = self.freed.notified();
            if taken.add(weight) {
                return taken;
            }
            freed.await;
        }
    }
}

impl Taken {
    /// Takes room for one more event, if there is any.
    pub(crate) fn add(&mut self, weight: usize) -> bool {
        self.room.grow(weight)
    }
}

/// Whose room a batch takes.
pub(crate) fn owner(batch: &[Delivery]) -> Arc<str> {
    let tenant = batch.first().and_then(|first| Inbound::read(&first.headers).ok());
    tenant.map_or_else(Arc::default, |inbound| Arc::from(inbound.tenant.as_str()))
}

/// About how many bytes an event takes.
pub(crate) fn weight(body: &[u8]) -> usize {
    all_values(body).saturating_mul(A_VALUE).saturating_add(body.len()).min(LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_room_gets_it_when_others_are_done() {
        let room = Room::default();
        let [acme, zeta] = ["acme", "zeta"].map(Arc::<str>::from);
        let mut flood = room.none(&acme);
        assert!(flood.add(LARGEST) && flood.add(LARGEST), "a half");
        assert!(!flood.add(1));
        let mut waiting = Box::pin(room.wait(&acme, LARGEST));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(room.wait(&zeta, LARGEST).await);
        assert!(futures_util::poll!(&mut waiting).is_pending(), "it has a half");
        drop(flood);
        waiting.await;
    }

    #[test]
    fn an_event_of_many_values_weighs_more_than_its_bytes() {
        assert!(weight(br#"{"event":"x"}"#) < 2_000);
        let dense = format!("[{}1]", "1,".repeat(9_999));
        assert_eq!(weight(dense.as_bytes()), 10_001 * A_VALUE + dense.len());
        assert_eq!(weight("[".repeat(1 << 20).as_bytes()), LARGEST);
    }
}
