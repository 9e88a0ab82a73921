//! Sealing secrets under another key while everything runs.

use domain::{SealError, Sealed};
use events::Source;
use serde::Serialize;
use serde_json::json;
use store::accounts::Account;
use store::{PgConnection, links};

use crate::{AccountError, Accounts, Deed};

/// How many secrets were resealed, and how many could not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resealed {
    /// Tokens of accounts.
    pub tokens: usize,
    /// Secrets of webhooks.
    pub webhook_secrets: usize,
    /// People's own tokens.
    pub own_tokens: usize,
    /// Secrets that were left as they were, since no key opens them.
    pub unopened: usize,
}

impl Resealed {
    /// The secret as resealed; `None` if it need not be, or if no key opens it, which is counted.
    fn try_open(&mut self, resealed: Result<Option<Sealed>, SealError>) -> Option<Sealed> {
        resealed.unwrap_or_else(|_| {
            self.unopened += 1;
            None
        })
    }

    fn any(self) -> bool {
        self.tokens + self.webhook_secrets + self.own_tokens > 0
    }
}

impl Accounts {
    /// Seals under the first key whatever is sealed under an older one, account by account, and tells the receivers.
    /// Repeating it changes nothing. What somebody else changes meanwhile is sealed under the first key anyway, if
    /// their program has these keys.
    pub async fn reseal(&self, deed: Deed<'_>) -> Result<Resealed, AccountError> {
        let mut all = Resealed::default();
        for account in self.list().await? {
            let (mut transaction, account) = self.hold(account.id).await?;
            let done = self.reseal_held(&mut transaction, &account, deed).await;
            let done = Self::let_go(transaction, done).await?;
            all.tokens += done.tokens;
            all.webhook_secrets += done.webhook_secrets;
            all.own_tokens += done.own_tokens;
            all.unopened += done.unopened;
            // Even if nothing changed: the last run may not have told the receivers.
            self.publish(account.id).await?;
        }
        Ok(all)
    }

    async fn reseal_held(
        &self,
        connection: &mut PgConnection,
        account: &Account,
        deed: Deed<'_>,
    ) -> Result<Resealed, AccountError> {
        let mut done = Resealed::default();
        let token = done.try_open(self.key.reseal(Account::TOKEN_PURPOSE, &account.api_token));
        let mut secrets = account.webhook_secrets.clone();
        for secret in &mut secrets {
            if let Some(sealed) = done.try_open(self.key.reseal(Source::SECRET_PURPOSE, secret)) {
                *secret = sealed;
                done.webhook_secrets += 1;
            }
        }
        done.tokens = usize::from(token.is_some());
        if done.any() {
            let token = token.as_ref().unwrap_or(&account.api_token);
            if !store::accounts::reseal(connection, account, token, &secrets).await? {
                return Err(AccountError::Busy);
            }
        }
        for own in links::own_tokens(connection, account.id).await? {
            let sealed = done.try_open(self.key.reseal(links::TOKEN_PURPOSE, &own.token));
            if let Some(token) = sealed
                && links::reseal(connection, account.id, &own, &token).await?
            {
                done.own_tokens += 1;
            }
        }
        if let Some(deed) = deed.filter(|_| done.any()) {
            let entry = deed.entry(account, json!({ "resealed": done }));
            store::audit::record(connection, &entry).await?;
        }
        Ok(done)
    }
}
