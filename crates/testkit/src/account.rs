//! A tenant's Chatwoot account.

use accounts::Accounts;
use bus::Bus;
use domain::{AccountKey, SecretKey, TenantId};
use events::Source;
use store::Store;

/// The address of the Chatwoot of accounts that no test calls.
pub const BASE_URL: &str = "http://chatwoot.test";

/// An account that is in the database.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its key.
    pub key: AccountKey,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its number in Chatwoot.
    pub number: i64,
}

/// The key that seals secrets in tests, in the form of `AXIS_SECRET_KEY`.
pub const SECRET_KEY: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

/// The key that seals secrets in tests.
pub fn secret_key() -> SecretKey {
    SECRET_KEY.parse().expect("the test's key is well-formed")
}

/// Creates a tenant's account on this Chatwoot, with this token, and the tenant if need be.
pub async fn account(
    store: &Store,
    tenant: &str,
    number: i64,
    base_url: &str,
    token: &str,
) -> Account {
    let tenant: TenantId = tenant.parse().expect("a tenant's name");
    let mut transaction = store.worker().await.expect("a transaction");
    store::tenants::put(&mut transaction, &tenant, tenant.as_str()).await.expect("a tenant");
    let wanted = store::accounts::Account {
        id: AccountKey::generate(),
        tenant: tenant.clone(),
        base_url: base_url.to_owned(),
        screen_url: None,
        chatwoot_account_id: number,
        name: None,
        api_token: secret_key()
            .seal(store::accounts::Account::TOKEN_PURPOSE, &token.into())
            .expect("a token can be sealed"),
        webhook_secrets: Vec::new(),
        webhook_id: None,
        allow_unsigned: false,
        public_only: false,
    };
    let key = store::accounts::put(&mut transaction, &wanted, store::accounts::Said::default())
        .await
        .expect("an account");
    store::commit(transaction).await.expect("a commit");
    Account { key, tenant, number }
}

/// Sets the secret that an account's webhooks are signed with, in the database and for the receivers.
pub async fn signs(store: &Store, bus: &Bus, account: &Account, secret: &str) {
    let sealed = secret_key().seal(Source::SECRET_PURPOSE, &secret.into());
    let secrets = [sealed.expect("a secret can be sealed")];
    let mut transaction = store.worker().await.expect("a transaction");
    let kept = store::accounts::set_webhook(&mut transaction, account.key, 1, &secrets).await;
    kept.expect("an account's secret");
    store::commit(transaction).await.expect("a commit");
    tell(store, bus, account).await;
}

/// Has the receivers accept an account's webhooks without a signature.
pub async fn unsigned(store: &Store, bus: &Bus, account: &Account) {
    let mut transaction = store.worker().await.expect("a transaction");
    sqlx::query("update chatwoot_accounts set allow_unsigned = true where id = $1")
        .bind(account.key.0)
        .execute(&mut *transaction)
        .await
        .expect("an account may come unsigned");
    store::commit(transaction).await.expect("a commit");
    tell(store, bus, account).await;
}

/// Publishes the account like every other program, so that a worker with an older state of it cannot overwrite this.
async fn tell(store: &Store, bus: &Bus, account: &Account) {
    let accounts = Accounts::new(store.clone(), bus.clone(), secret_key());
    accounts.publish(account.key).await.expect("the receivers are told");
}
