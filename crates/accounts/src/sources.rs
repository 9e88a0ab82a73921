//! What receivers know of the accounts: rows of the database, published into NATS.

use events::Source;
use store::accounts::Account;

use crate::{AccountError, Accounts};

/// What receivers have to know of an account.
pub fn source(account: &Account) -> Source {
    Source {
        account: account.id,
        tenant: account.tenant.clone(),
        chatwoot_account_id: account.chatwoot_account_id,
        base_url: account.base_url.clone(),
        sealed_secrets: account.webhook_secrets.iter().map(|one| hex::encode(&one.0)).collect(),
        allow_unsigned: account.allow_unsigned,
    }
}

impl Accounts {
    /// Tells the receivers of one account.
    pub async fn publish(&self, account: &Account) -> Result<(), AccountError> {
        Ok(self.bus.sources().put(&source(account)).await?)
    }

    /// Tells the receivers of all accounts that are served, and gives them back.
    pub async fn publish_all(&self) -> Result<Vec<Account>, AccountError> {
        let accounts = self.list().await?;
        for account in &accounts {
            self.publish(account).await?;
        }
        Ok(accounts)
    }
}
