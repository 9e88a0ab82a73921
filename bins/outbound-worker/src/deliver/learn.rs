//! Finding out which Chatwoot user an account's token belongs to. It is written down with each try: a later look
//! for the reply may be made with another user's token, and cannot know one that was deleted otherwise.

use domain::in_words;
use store::Error;

use super::Carrier;
use super::stay::Stay;
use crate::callers::Caller;
use crate::throttle::Hold;

impl Carrier {
    /// Learns it once for a token, with one call more than the one that was admitted for a reply. That stays
    /// in hand. Returns why the reply may not go out now after all, if so; without an answer it goes out too.
    pub(super) async fn learn_user(
        &self,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Option<Hold>, Error> {
        // Nobody waits for that: the reply may go now. Of an account that rested one call is made, and it is the reply.
        if !caller.asks_user().await
            || self.throttle.admit_next(&caller.host, caller.key()).await?.is_some()
        {
            return Ok(None);
        }
        let Some(asked) = caller.learn_user().await else {
            self.unused(caller).await;
            return Ok(None);
        };
        self.report(caller, &asked).await;
        let Err(error) = asked else { return Ok(None) };
        let error = in_words(&error);
        tracing::info!(error, "cannot learn which Chatwoot user the account's token belongs to");
        // The host may have asked to slow down, and the account may rest by now.
        self.unused(caller).await;
        self.admit_next(caller, stay).await
    }
}
