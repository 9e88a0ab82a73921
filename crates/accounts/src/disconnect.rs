//! The end of an account.

use domain::AccountKey;
use serde::Serialize;
use serde_json::json;

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
        self.publish(id).await?;
        let webhook_removed = match (client, account.webhook_id) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(client), Some(webhook)) => match Webhooks::list(client, &account, "").await {
                Ok(webhooks) => webhooks.remove_all(webhook).await,
                Err(error) => {
                    tracing::warn!(%error, webhook.id = webhook, "a webhook stays in Chatwoot");
                    false
                }
            },
        };
        Ok(Disconnected { webhook_removed })
    }
}
