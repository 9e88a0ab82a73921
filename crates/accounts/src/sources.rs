//! What receivers know of the accounts: rows of the database, published into NATS.

use std::collections::HashMap;

use domain::AccountKey;
use events::Source;
use store::accounts::Account;

use crate::{AccountError, Accounts};

/// What receivers have to know of an account.
fn source(account: &Account) -> Source {
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
    /// Tells the receivers of one account, as it is by now or that it is not served any more. One at
    /// a time does, so that what they know last is what was last.
    pub async fn publish(&self, id: AccountKey) -> Result<(), AccountError> {
        let mut transaction = self.store.worker().await?;
        store::accounts::hold_source(&mut transaction, id).await?;
        let sources = self.bus.sources();
        match store::accounts::get(&mut transaction, id).await? {
            Some(account) => sources.put(&source(&account)).await?,
            None => sources.remove(id).await?,
        }
        Ok(store::commit(transaction).await?)
    }

    /// The accounts among these that the receivers do not know as they are.
    pub async fn untold(&self, served: &[Account]) -> Result<Vec<Account>, AccountError> {
        let told = self.bus.sources().told().await?;
        Ok(unknown(&told, served).cloned().collect())
    }

    /// Tells the receivers whatever they do not know of the accounts: a change may have been cut off
    /// before they were told, and NATS may have lost what they were. Gives back the accounts that are
    /// served. One that is not kept here at all is left alone: a database that was restored from a
    /// backup knows less than it did. One that they cannot be told of keeps no other from them.
    pub async fn publish_all(&self) -> Result<Vec<Account>, AccountError> {
        let told = self.bus.sources().told().await?;
        let served = self.list().await?;
        let ended = store::accounts::ended(&self.store).await?.into_iter();
        let ended = ended.filter(|account| told.get(account) != Some(&None));
        let changed: Vec<_> =
            unknown(&told, &served).map(|account| account.id).chain(ended).collect();
        let mut untold = Vec::new();
        for account in changed {
            match self.publish(account).await {
                Ok(()) => {}
                Err(error) if error.is_everybodys() => return Err(error),
                Err(error) => untold.push((account, error)),
            }
        }
        if untold.is_empty() { Ok(served) } else { Err(AccountError::Untold(untold)) }
    }
}

fn unknown<'a>(
    told: &HashMap<AccountKey, Option<Source>>,
    served: &'a [Account],
) -> impl Iterator<Item = &'a Account> {
    served.iter().filter(|account| told.get(&account.id) != Some(&Some(source(account))))
}
