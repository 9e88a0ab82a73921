//! Disconnecting accounts.

use chatwoot::client::Client;
use domain::{AccountKey, in_words};
use serde::Serialize;
use serde_json::json;
use store::accounts::Account;

use crate::registration::Webhooks;
use crate::{AccountError, Accounts, Deed, deed};

/// The result of a disconnection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disconnected {
    /// Whether the webhook is gone from Chatwoot too. If not, somebody has to remove it there; until then Chatwoot's
    /// calls are refused.
    pub webhook_removed: bool,
}

impl Accounts {
    /// Disconnects an account. Its token and secrets are deleted, which cannot be undone; its data stay. Within half a
    /// minute the receivers take nothing more from it, and nothing more is sent to it. The webhook is removed from
    /// Chatwoot, if Chatwoot lets us.
    pub async fn disconnect(
        &self,
        id: AccountKey,
        deed: Deed<'_>,
    ) -> Result<Disconnected, AccountError> {
        let (mut transaction, account) = self.hold(id).await?;
        let before = deed::shown(&mut transaction, &account).await?;
        // Made before the token is deleted. A token that does not open must not keep the account from being
        // disconnected.
        let client = self.client(&account).ok();
        store::accounts::end(&mut transaction, id).await?;
        deed::write(&mut transaction, deed, &account, before, json!({})).await?;
        store::commit(transaction).await?;
        // This is the last time that Chatwoot can be asked, whether or not the receivers can be told.
        let told = self.publish(id).await;
        // A restored database may know the secrets of a webhook, but not the webhook.
        let has_none = account.webhook_id.is_none() && account.webhook_secrets.is_empty();
        let webhook_removed = match client {
            Some(client) => self.remove_webhooks(client, &account).await.unwrap_or_else(|error| {
                tracing::warn!(
                    error = in_words(&error),
                    webhook.id = account.webhook_id,
                    "cannot remove the webhooks of a disconnected account"
                );
                has_none
            }),
            None => has_none,
        };
        told?;
        Ok(Disconnected { webhook_removed })
    }

    /// Removes all webhooks at the address of an account that was disconnected. Returns false if one stays, perhaps
    /// because the account has been connected again meanwhile.
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
