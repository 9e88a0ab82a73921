//! Going on with what was begun. A look that is put off begins again, and takes the very token that the rest of
//! it or the send behind it needs: where few requests are allowed, what is not there would never be sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Carrier, Lock};
use crate::callers::Caller;
use crate::throttle::{Hold, HoldCause};

/// Longest that a command waits in all with its conversation's lock in hand: for a few tokens where one comes a
/// minute, and well within what a command may take.
pub(crate) const LONGEST_STAY: Duration = Duration::from_mins(5);

/// Who goes on with a command, and until when it waits for that.
pub(super) struct Stay<'a> {
    lock: &'a mut Lock,
    until: Instant,
    place: Option<OwnedSemaphorePermit>,
}

impl<'a> Stay<'a> {
    pub(super) fn new(lock: &'a mut Lock) -> Self {
        Self { lock, until: Instant::now() + LONGEST_STAY, place: None }
    }

    /// Whether it is one of the few that may wait here: the rest of what a program does at a time is for hosts
    /// that are not busy.
    fn has_place(&mut self, places: &Arc<Semaphore>) -> bool {
        if self.place.is_none() {
            self.place = Arc::clone(places).try_acquire_owned().ok();
        }
        self.place.is_some()
    }
}

impl Carrier {
    /// Asks for one more call to Chatwoot, and waits for it if the host is only busy, there is a place to wait
    /// and the program goes on. Returns `None` if it may be made now.
    pub(super) async fn admit_next(
        &self,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Option<Hold>, Error> {
        while Instant::now() < stay.until && !self.shutdown.is_cancelled() {
            match self.throttle.admit_next(&caller.host, caller.key()).await? {
                Some(Hold { wait, cause: HoldCause::Busy }) => {
                    if !stay.has_place(&self.stays) {
                        break;
                    }
                    self.shutdown.run_until_cancelled(tokio::time::sleep(wait)).await;
                }
                held => return Ok(held),
            }
            stay.lock.assert_held().await?;
        }
        self.admit(caller).await
    }
}
