//! Watches whether the streams are as declared, for programs that start without checking that.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Bus, BusError};

/// How often to check, and how soon again if something differs, since somebody may be about to fix it.
const LOOK: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_secs(10);

/// How streams and buckets differed from their declarations at the last check. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Option<Found>>>);

/// The result of the last check: `Err` says what differs.
type Found = Result<(), String>;

impl Watch {
    /// Checks after each reconnect and periodically, for ever. While NATS does not answer, the last result stands.
    pub async fn run(self, bus: Bus) {
        let mut connections = bus.connections();
        loop {
            connections.borrow_and_update();
            let again = match bus.require_streams_alone().await {
                Ok(()) => {
                    self.note(Ok(()));
                    LOOK
                }
                Err(drift @ BusError::Drift(_)) => {
                    self.note(Err(drift.to_string()));
                    AGAIN
                }
                Err(error) => {
                    tracing::debug!(%error, "whether the streams are as declared is not known");
                    AGAIN
                }
            };
            tokio::select! {
                Ok(()) = connections.changed() => {}
                () = tokio::time::sleep(again) => {}
            }
        }
    }

    /// Says what differs, or that it is not known yet. Returns `None` if nothing differs.
    pub fn trouble(&self) -> Option<String> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Some("not known yet: NATS has not told".to_owned()),
            Some(found) => found.clone().err(),
        }
    }

    fn note(&self, found: Found) {
        let found = Some(found);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(drift)) = found.as_ref().filter(|_| *known != found) {
            tracing::warn!("the streams are not as declared: {drift}");
        }
        *known = found;
    }
}
