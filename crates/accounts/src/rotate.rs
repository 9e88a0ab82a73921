//! Replacing access tokens and webhook secrets.

use chatwoot::client::RegisteredWebhook;
use domain::AccountKey;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use store::PgConnection;
use store::accounts::Account;

use crate::connect::administered;
use crate::registration::Webhooks;
use crate::{AccountError, Accounts, Deed, Registered, deed};

/// The result of a rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotated {
    /// Whether another token is used from now on; the old one may then be revoked in Chatwoot.
    pub token: bool,
    /// The webhook that was created in place of the one before, with another secret.
    pub webhook: Option<Registered>,
}

impl Accounts {
    /// Replaces the access token, once Chatwoot has accepted the new one, and, if `secret_for` gives the receivers'
    /// address, has Chatwoot sign with another secret. The secret before stays valid until the next rotation, since
    /// deliveries signed with it may be under way.
    pub async fn rotate(
        &self,
        id: AccountKey,
        token: Option<&SecretString>,
        secret_for: Option<&str>,
        deed: Deed<'_>,
    ) -> Result<Rotated, AccountError> {
        self.require_key().await?;
        let (mut transaction, account) = self.hold(id).await?;
        let done = self.rotate_held(&mut transaction, account, token, secret_for, deed).await;
        let (webhook, replaced) = Self::let_go(transaction, done).await?;
        self.publish(id).await?;
        if let Some(webhooks) = replaced {
            webhooks.remove_replaced().await;
        }
        Ok(Rotated { token: token.is_some(), webhook })
    }

    async fn rotate_held(
        &self,
        connection: &mut PgConnection,
        mut account: Account,
        token: Option<&SecretString>,
        secret_for: Option<&str>,
        deed: Deed<'_>,
    ) -> Result<(Option<Registered>, Option<Webhooks>), AccountError> {
        let id = account.id;
        let before = deed::shown(connection, &account).await?;
        if let Some(token) = token {
            let (url, number) = (&account.base_url, account.chatwoot_account_id);
            administered(url, number, token, account.public_only).await?;
            account.api_token = self.key.seal(Account::TOKEN_PURPOSE, token)?;
        }
        let (mut webhook, mut replaced) = (None, None);
        if let Some(public_url) = secret_for {
            self.require_secret(&account)?;
            // Chatwoot chooses the secret, and a webhook keeps it for life, so another webhook is needed.
            let mut webhooks = self.webhooks(&account, public_url).await?;
            let is_secret_known = |one: &RegisteredWebhook| self.knows_secret(&account, one);
            webhooks.move_aside(account.webhook_id, is_secret_known).await?;
            let (registered, now) = self.registered(connection, account, &mut webhooks).await?;
            (webhook, replaced, account) = (Some(registered), Some(webhooks), now);
        }
        // Chatwoot has answered for the last time: nobody who wants the rows waits for it.
        if token.is_some() {
            store::accounts::set_token(connection, id, &account.api_token).await?;
            store::reconciliations::encourage(connection, id).await?;
        }
        let details = json!({ "token": token.is_some(), "webhookSecret": webhook.is_some() });
        deed::write(connection, deed, &account, before, details).await?;
        if token.is_some() {
            // Some commands may wait for this very token.
            store::accounts::hasten(connection, id).await?;
        }
        Ok((webhook, replaced))
    }
}
