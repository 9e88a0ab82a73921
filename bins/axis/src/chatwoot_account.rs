//! An account of a Chatwoot installation: who may act for it, and where it is kept here.

use anyhow::{anyhow, bail};
use chatwoot::client::{CallError, Client, Options, Refusal};
use domain::{AccountKey, SecretKey, TenantId};
use secrecy::SecretString;
use store::accounts::Account;
use store::{Error, Store};

/// An account to be served.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose it is.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// Its number there.
    pub number: i64,
    /// An administrator's token.
    pub token: SecretString,
    /// It signs nothing (Chatwoot before 4.11.2).
    pub allow_unsigned: bool,
    /// For people; unset: what Chatwoot calls it.
    pub name: Option<String>,
}

impl Wanted {
    /// Checks with Chatwoot that the token is an administrator's, then keeps the account.
    pub async fn add(&self, store: &Store, key: &SecretKey) -> anyhow::Result<Account> {
        let client = Client::new(&self.base_url, self.number, &self.token, &Options::default())?;
        let name = require_administrator(&client, self.number).await?;
        let mut account = Account {
            id: AccountKey::generate(),
            tenant: self.tenant.clone(),
            base_url: base(&self.base_url),
            chatwoot_account_id: self.number,
            name: self.name.clone().or(name),
            api_token: key.seal(Account::TOKEN_PURPOSE, &self.token)?,
            webhook_secrets: Vec::new(),
            webhook_id: None,
            allow_unsigned: self.allow_unsigned,
        };
        let mut transaction = store.worker().await?;
        let tenants = store::tenants::list(&mut transaction).await?;
        if !tenants.iter().any(|tenant| tenant.id == self.tenant) {
            let tenant = &self.tenant;
            bail!("there is no tenant {tenant}: add it with `axis tenants add {tenant}`");
        }
        account.id = match store::accounts::put(&mut transaction, &account).await {
            Ok(id) => id,
            Err(Error::Exists { .. }) => bail!(
                "account {} of {} is served for another tenant already",
                self.number,
                account.base_url
            ),
            Err(error) => return Err(error.into()),
        };
        let stored = store::accounts::get(&mut transaction, account.id).await?;
        store::commit(transaction).await?;
        // An account that was there keeps its webhook and secrets.
        Ok(stored.unwrap_or(account))
    }
}

/// A caller of an account that is kept here.
pub fn client(account: &Account, key: &SecretKey) -> anyhow::Result<Client> {
    let token = key.open(Account::TOKEN_PURPOSE, &account.api_token)?;
    let number = account.chatwoot_account_id;
    Ok(Client::new(&account.base_url, number, &token, &Options::default())?)
}

/// The account that an operator means: by its key, or by its number if that is enough.
pub fn find(accounts: Vec<Account>, wanted: &str) -> anyhow::Result<Account> {
    let key: Option<AccountKey> = wanted.parse().ok();
    let number: Option<i64> = wanted.parse().ok();
    let is_meant = |one: &Account| Some(one.id) == key || Some(one.chatwoot_account_id) == number;
    let mut meant = accounts.into_iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(account), None) => Ok(account),
        (None, _) => bail!("there is no account {wanted}: see `axis accounts list`"),
        _ => bail!(
            "several accounts have the number {wanted}: give the key from `axis accounts list`"
        ),
    }
}

/// Fails unless the token's owner is an administrator of the account; gives the account's name.
async fn require_administrator(client: &Client, number: i64) -> anyhow::Result<Option<String>> {
    let profile = client.profile().await.map_err(|error| explained(error, number))?;
    let Some(membership) = profile.accounts.iter().find(|account| account.id == number) else {
        let theirs: Vec<String> = profile.accounts.iter().map(|one| one.id.to_string()).collect();
        bail!(
            "the token's owner is not a member of account {number}, but of: {}; check \
             CHATWOOT_ACCOUNT_ID",
            theirs.join(", ")
        );
    };
    match membership.role.as_deref() {
        Some("administrator") => Ok(membership.name.clone()),
        role => bail!(
            "the token's owner has the role {} in account {number}: use the access token of an \
             administrator, who alone may see webhooks",
            role.unwrap_or("(none)")
        ),
    }
}

/// What an operator can do about a failed call.
pub fn explained(error: CallError, number: i64) -> anyhow::Error {
    let advice = match &error {
        CallError::Unauthorized(Refusal::Token) => format!(
            "Chatwoot does not accept the access token of account {number}: give a valid one to \
             `axis accounts add`"
        ),
        CallError::Unauthorized(Refusal::Role | Refusal::Bot) => format!(
            "the access token of account {number} is not an administrator's: give one that is to \
             `axis accounts add`"
        ),
        CallError::NotFound => format!(
            "this Chatwoot has no account {number}, or is no Chatwoot: check the address and the \
             number"
        ),
        _ => return error.into(),
    };
    anyhow!(advice)
}

/// The address of an installation as it is kept: one form, whatever the operator typed.
fn base(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    url.strip_suffix("/api/v1").unwrap_or(url).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn one_installation_has_one_address() {
        for typed in [
            "https://chat.example.com",
            "https://chat.example.com/",
            " https://chat.example.com/api/v1/ ",
        ] {
            assert_eq!(base(typed), "https://chat.example.com", "{typed:?}");
        }
    }
}
