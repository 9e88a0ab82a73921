//! What receivers know of the accounts: rows of the database, published into NATS.

use anyhow::Context as _;
use bus::Bus;
use events::Source;
use store::Store;
use store::accounts::Account;

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

/// Publishes one account.
pub async fn publish(bus: &Bus, account: &Account) -> anyhow::Result<()> {
    bus.sources().put(&source(account)).await.context("telling the receivers of the account")
}

/// Publishes all accounts of the database and gives them back.
pub async fn publish_all(store: &Store, bus: &Bus) -> anyhow::Result<Vec<Account>> {
    let accounts = store::accounts::list(&mut *store.worker().await?).await?;
    for account in &accounts {
        publish(bus, account).await?;
    }
    Ok(accounts)
}
