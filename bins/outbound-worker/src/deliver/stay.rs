//! Going on with what was begun. A look that is put off begins anew, and takes the very token that the rest of
//! it or the send behind it needs: where few requests are allowed, what is not there would never be sent.

use std::time::{Duration, Instant};

use store::Error;

use super::{Carrier, Lock};
use crate::accounts::Caller;
use crate::throttle::{Hold, HoldCause};

/// Longest that a command waits in all with its conversation's lock in hand: for a few tokens where one comes a
/// minute, and well within what a command may take.
const LONGEST_STAY: Duration = Duration::from_mins(5);

/// Who goes on with a command, and until when it waits for that.
pub(super) struct Stay<'a> {
    lock: &'a mut Lock,
    until: Instant,
}

impl<'a> Stay<'a> {
    pub(super) fn new(lock: &'a mut Lock) -> Self {
        Self { lock, until: Instant::now() + LONGEST_STAY }
    }
}

impl Carrier {
    /// Asks for one more call to Chatwoot, and waits for it if the host is only busy; gives back why it may
    /// not be made now.
    pub(super) async fn admit_next(
        &self,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Option<Hold>, Error> {
        while Instant::now() < stay.until {
            match self.throttle.admit_next(&caller.host, caller.key()).await? {
                Some(Hold { wait, cause: HoldCause::Busy }) => tokio::time::sleep(wait).await,
                held => return Ok(held),
            }
            stay.lock.assert_held().await?;
        }
        self.admit(caller).await
    }
}
