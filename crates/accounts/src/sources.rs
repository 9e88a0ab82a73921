//! What receivers know about the accounts: rows of the database, published to NATS.

use std::collections::HashMap;

use bus::SourceEntry;
use chrono::{TimeDelta, Utc};
use domain::{AccountKey, Sealed, TenantId};
use events::Source;
use store::accounts::Account;

use crate::{AccountError, Accounts};

/// How long receivers are told that an account has ended. As long as anything of it may be in a stream, and far longer
/// than a receiver that still knows it from its disk is away.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// What receivers have to know about an account.
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

/// The webhook secrets that receivers know an account by.
pub(crate) fn sealed_secrets(source: &Source) -> Vec<Sealed> {
    source.sealed_secrets.iter().filter_map(|one| hex::decode(one).ok()).map(Sealed).collect()
}

impl Accounts {
    /// What the receivers know of a tenant's account, if they take its events.
    pub(crate) async fn source_of(
        &self,
        tenant: &TenantId,
        base_url: &str,
        number: i64,
    ) -> Result<Option<Source>, AccountError> {
        let sources = self.bus.sources().list().await?;
        Ok(sources.into_iter().find(|source| {
            source.tenant == *tenant
                && source.base_url == base_url
                && source.chatwoot_account_id == number
        }))
    }

    /// Publishes one account to the receivers: as it is by now, or that it is not served any more. Only one transaction
    /// at a time publishes an account, so the latest state is the one that is published last.
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

    /// Those of the given accounts that the receivers do not know in their present state.
    pub async fn untold(&self, served: &[Account]) -> Result<Vec<Account>, AccountError> {
        let told = self.bus.sources().told().await?;
        Ok(unknown(&told, served).cloned().collect())
    }

    /// Publishes to the receivers whatever they do not know about the accounts: a change may have been cut off before
    /// it was published, and NATS may have lost what was. Returns the accounts that are served. Leaves alone an account
    /// that has no row here at all, since a database that was restored from a backup knows less than it did. One
    /// account that cannot be published does not keep the others from being published.
    ///
    /// An account that ended long ago is forgotten, since by now every receiver has heard of it.
    pub async fn publish_all(&self) -> Result<Vec<Account>, AccountError> {
        let told = self.bus.sources().told().await?;
        let served = self.list().await?;
        let mut changed: Vec<_> = unknown(&told, &served).map(|account| account.id).collect();
        let mut over = Vec::new();
        let long_ago = Utc::now() - REMEMBERED;
        for (account, ended_at) in store::accounts::ended(&self.store).await? {
            match told.get(&account) {
                Some(SourceEntry::Removed(removal)) if ended_at < long_ago => {
                    over.push((account, *removal));
                }
                Some(SourceEntry::Removed(_)) => {}
                None if ended_at < long_ago => {}
                None | Some(SourceEntry::Source(_)) => changed.push(account),
            }
        }
        let mut untold = Vec::new();
        for account in changed {
            match self.publish(account).await {
                Ok(()) => {}
                Err(error) if error.is_everybodys() => return Err(error),
                Err(error) => untold.push((account, error)),
            }
        }
        self.forget(&over).await;
        if untold.is_empty() { Ok(served) } else { Err(AccountError::Untold(untold)) }
    }

    /// Forgets that these accounts were removed. What is not forgotten now is the next time.
    async fn forget(&self, over: &[(AccountKey, u64)]) {
        for (account, removal) in over {
            if let Err(error) = self.bus.sources().forget(*account, *removal).await {
                tracing::debug!(%error, "cannot forget accounts that ended long ago");
                return;
            }
        }
    }
}

fn unknown<'a>(
    told: &HashMap<AccountKey, SourceEntry>,
    served: &'a [Account],
) -> impl Iterator<Item = &'a Account> {
    served.iter().filter(|account| match told.get(&account.id) {
        Some(SourceEntry::Source(told)) => *told != source(account),
        _ => true,
    })
}
