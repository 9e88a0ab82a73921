//! Whether the streams are as declared, for programs that start without asking.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Bus, BusError};

/// How often it is looked at, and how soon again if something differs, which somebody may be mending.
const LOOK: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_secs(10);

/// How far streams and buckets are from what is declared, as of the last look. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Option<Found>>>);

/// What the last look found; what differs, in words.
type Found = Result<(), String>;

impl Watch {
    /// Looks at each connection and now and then, for ever. While NATS does not answer, the last look holds.
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

    /// What differs, or that nobody knows yet, in words; none if nothing does.
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
