//! Goes on with a command that has begun. A look that is put off has to begin anew, and would take the very token that
//! the rest of it, or the send after it, needs: if few requests are allowed, an absent reply would never be sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Carrier, Lock};
use crate::callers::Caller;
use crate::throttle::{Hold, HoldCause};

/// The longest that a command waits in total while it holds its conversation's lock: enough for a few tokens if one
/// comes a minute, and well within what a command may take.
pub(crate) const LONGEST_STAY: Duration = Duration::from_mins(5);

/// A command that goes on, and until when it may wait for that.
pub(super) struct Stay<'a> {
    lock: &'a mut Lock,
    until: Instant,
    place: Option<OwnedSemaphorePermit>,
}

impl<'a> Stay<'a> {
    pub(super) fn new(lock: &'a mut Lock) -> Self {
        Self { lock, until: Instant::now() + LONGEST_STAY, place: None }
    }

    /// Whether the command is one of the few that may wait here. The rest of what a program does at a time is for
    /// hosts that are not busy.
    fn has_place(&mut self, places: &Arc<Semaphore>) -> bool {
        if self.place.is_none() {
            self.place = Arc::clone(places).try_acquire_owned().ok();
        }
        self.place.is_some()
    }
}

impl Carrier {
    /// Asks for one more call to Chatwoot. Waits for it if the host is only busy, there is a place to wait, and the
    /// program does not stop. Returns `None` if the call may be made now.
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
