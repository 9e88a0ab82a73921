//! The end of an account.

use chatwoot::client::Client;
use domain::{AccountKey, in_words};
use serde::Serialize;
use serde_json::json;
use store::accounts::Account;

use crate::registration::Webhooks;
use crate::{AccountError, Accounts, Deed, deed};

/// What a disconnection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disconnected {
    /// The webhook is gone from Chatwoot too; if not, somebody has to remove it there. Until then
    /// Chatwoot calls and is told that nobody is there.
    pub webhook_removed: bool,
}

impl Accounts {
    /// Ends the serving of an account. Its token and secrets are forgotten, which cannot be undone;
    /// what it has told so far stays. The receivers take nothing more from it and nothing more is
    /// sent to it, within half a minute. The webhook is removed in Chatwoot, if Chatwoot lets us.
    pub async fn disconnect(
        &self,
        id: AccountKey,
        deed: Deed<'_>,
    ) -> Result<Disconnected, AccountError> {
        let (mut transaction, account) = self.hold(id).await?;
        let before = deed::shown(&mut transaction, &account).await?;
        // Before its token is forgotten; one that does not open any more must not keep it here.
        let client = self.client(&account).ok();
        store::accounts::end(&mut transaction, id).await?;
        deed::write(&mut transaction, deed, &account, before, json!({})).await?;
        store::commit(transaction).await?;
        // It is the last time that Chatwoot can be asked, whether or not the receivers can be told.
        let told = self.publish(id).await;
        let webhook_removed = match client {
            Some(client) => self.remove_webhooks(client, &account).await.unwrap_or_else(|error| {
                tracing::warn!(
                    error = in_words(&error),
                    webhook.id = account.webhook_id,
                    "a webhook may stay in Chatwoot"
                );
                account.webhook_id.is_none()
            }),
            None => account.webhook_id.is_none(),
        };
        told?;
        Ok(Disconnected { webhook_removed })
    }

    /// Removes whatever calls the address of an account that was ended. False: one stays, perhaps since
    /// the account has been connected again meanwhile.
    async fn remove_webhooks(
        &self,
        client: Client,
        account: &Account,
    ) -> Result<bool, AccountError> {
        let mut transaction = self.store.holder().await?;
        let removing = async {
            let ended = store::accounts::hold(&mut transaction, account.id).await?
                && store::accounts::get(&mut transaction, account.id).await?.is_none();
            Ok(ended
                && Webhooks::list(client, account, "").await?.remove_all(account.webhook_id).await)
        };
        let removed = removing.await;
        Self::let_go(transaction, removed).await
    }
}
