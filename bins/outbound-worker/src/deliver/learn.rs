//! Finds out which Chatwoot user an account's token belongs to. The user is recorded with each try: a later look for
//! the reply may be made with another user's token, and could not otherwise recognise a reply that was deleted.

use domain::in_words;
use store::Error;

use super::Carrier;
use super::stay::Stay;
use crate::callers::Caller;
use crate::throttle::Hold;

impl Carrier {
    /// Learns the user once for each token, with one call besides the one that was admitted for a reply, which stays
    /// admitted. Returns why the reply may not be sent now after all, if so. Without an answer it may be sent too.
    pub(super) async fn learn_user(
        &self,
        caller: &Caller,
        stay: &mut Stay<'_>,
    ) -> Result<Option<Hold>, Error> {
        // The reply does not wait for this call. And an account that rested allows only one call, which is the reply.
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
        // The host may have asked to slow down, or the account may rest by now.
        self.unused(caller).await;
        self.admit_next(caller, stay).await
    }
}
