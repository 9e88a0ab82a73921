//! Connecting an account of a Chatwoot installation, and looking accounts up.

use chatwoot::client::{Client, Options};
use domain::{AccountKey, TenantId};
use secrecy::SecretString;
use serde_json::json;
use store::accounts::{Account, Said};
use store::{Error, PgConnection, Transaction};

use crate::sources::sealed_secrets;
use crate::{AccountError, Accounts, Deed, Trouble, deed};

/// An account to be connected.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The tenant that it is for.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// Where people open the installation, if that is another address; `None` keeps the known one.
    pub screen_url: Option<String>,
    /// The account's number in that installation.
    pub number: i64,
    /// An administrator's access token.
    pub token: SecretString,
    /// Whether unsigned webhooks are accepted (Chatwoot before 4.11.2); `None` keeps the setting, which is false for a
    /// new account.
    pub allow_unsigned: Option<bool>,
    /// Whether it is called at public addresses only; `None` keeps the setting, which for a new account is true if a
    /// caller of the API names its address, and false if an operator does.
    pub public_only: Option<bool>,
    /// A name to show to people; `None` keeps the name, which is Chatwoot's for a new account.
    pub name: Option<String>,
}

/// How many accounts a tenant may connect for the first time within a day, as a multiple of those that it may have.
/// Each leaves a row here, and for months a trace in NATS, even if it is disconnected at once.
const NEW_A_DAY: u32 = 5;

impl Accounts {
    /// Checks with Chatwoot that the token is an administrator's, stores the account, and publishes it to the
    /// receivers. From then on the sync workers bring in its history. An account that exists gets the token and keeps
    /// everything else; one that was disconnected is served again. One that only the receivers know, as after a restore
    /// from an older backup, gets the key and the webhook secrets that they know it by.
    pub async fn connect(&self, wanted: &Wanted, deed: Deed<'_>) -> Result<Account, AccountError> {
        self.require_key().await?;
        let guarded = self.public_only || wanted.public_only.unwrap_or_default();
        let (url, number) = (&wanted.base_url, wanted.number);
        let (base_url, name) = administered(url, number, &wanted.token, guarded).await?;
        let known = self.source_of(&wanted.tenant, &base_url, number).await?;
        let mut account = Account {
            id: known.as_ref().map_or_else(AccountKey::generate, |known| known.account),
            tenant: wanted.tenant.clone(),
            base_url,
            screen_url: wanted.screen_url.clone(),
            chatwoot_account_id: wanted.number,
            name: wanted.name.clone().or(name),
            api_token: self.key.seal(Account::TOKEN_PURPOSE, &wanted.token)?,
            webhook_secrets: known.as_ref().map(sealed_secrets).unwrap_or_default(),
            webhook_id: None,
            allow_unsigned: wanted
                .allow_unsigned
                .unwrap_or_else(|| known.is_some_and(|known| known.allow_unsigned)),
            public_only: guarded,
        };
        let mut transaction = self.store.worker().await?;
        let tenants = store::tenants::list(&mut transaction).await?;
        if !tenants.iter().any(|tenant| tenant.id == wanted.tenant) {
            return Err(AccountError::NoTenant(wanted.tenant.clone()));
        }
        self.require_room(&mut transaction, &account).await?;
        let before = deed::shown(&mut transaction, &account).await?;
        let said = Said {
            name: wanted.name.as_deref(),
            unsigned: wanted.allow_unsigned,
            public_only: wanted.public_only,
        };
        account.id = match store::accounts::put(&mut transaction, &account, said).await {
            Ok(id) => id,
            Err(Error::Taken) => {
                let (number, url) = (wanted.number, account.base_url);
                return Err(AccountError::Taken { number, url });
            }
            Err(error) => return Err(error.into()),
        };
        store::reconciliations::encourage(&mut transaction, account.id).await?;
        // An account that existed keeps its webhook and secrets.
        let kept = store::accounts::get(&mut transaction, account.id).await?;
        let account = kept.unwrap_or(account);
        deed::write(&mut transaction, deed, &account, before, json!({})).await?;
        store::commit(transaction).await?;
        self.publish(account.id).await?;
        Ok(account)
    }

    /// Fails if this account would be more than the tenant may have, or may connect for the first time in a day. Nobody
    /// else can count the tenant's accounts until the transaction ends.
    async fn require_room(
        &self,
        connection: &mut PgConnection,
        account: &Account,
    ) -> Result<(), AccountError> {
        let Some(most) = self.most else { return Ok(()) };
        let others = store::accounts::count_others(connection, account).await?;
        if others.served.is_some_and(|served| served >= i64::from(most)) {
            return Err(AccountError::TooMany(most));
        }
        let new = most.saturating_mul(NEW_A_DAY);
        if others.lately.is_some_and(|lately| lately >= i64::from(new)) {
            return Err(AccountError::TooManyNew(new));
        }
        Ok(())
    }

    /// All accounts that are served.
    pub async fn list(&self) -> Result<Vec<Account>, AccountError> {
        Ok(store::accounts::all(&self.store).await?)
    }

    /// Whether the key opens any secret of an account: its token, or one that its webhook is or was signed with.
    pub fn opens(&self, account: &Account) -> bool {
        self.key.open(Account::TOKEN_PURPOSE, &account.api_token).is_ok()
            || self.opens_secret(account)
    }

    /// Whether the key opens any secret of any account that is served, or there are no such accounts.
    pub async fn fits(&self) -> Result<bool, AccountError> {
        let served = self.list().await?;
        Ok(served.is_empty() || served.iter().any(|account| self.opens(account)))
    }

    /// Fails if the programs that open the existing secrets could not open what is sealed now.
    pub(crate) async fn require_key(&self) -> Result<(), AccountError> {
        if self.another_key || self.fits().await? { Ok(()) } else { Err(AccountError::AnotherKey) }
    }

    /// Takes exclusive hold of an account until the transaction ends.
    pub(crate) async fn hold(
        &self,
        id: AccountKey,
    ) -> Result<(Transaction, Account), AccountError> {
        let mut transaction = self.store.holder().await?;
        if !store::accounts::hold(&mut transaction, id).await? {
            return Err(AccountError::Busy);
        }
        let account = store::accounts::get(&mut transaction, id).await?;
        Ok((transaction, account.ok_or_else(|| AccountError::NoAccount(id.to_string()))?))
    }

    /// Commits, or rolls back after a failure, and waits for it: a caller that tries again at once must not find the
    /// account still held.
    pub(crate) async fn let_go<T>(
        transaction: Transaction,
        done: Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        match done {
            Ok(done) => {
                store::commit(transaction).await?;
                Ok(done)
            }
            Err(error) => {
                // If that fails, the hold ends with the connection.
                store::rollback(transaction).await.ok();
                Err(error)
            }
        }
    }

    /// A client for an account that is stored here.
    pub(crate) fn client(&self, account: &Account) -> Result<Client, AccountError> {
        Ok(self.clients.of(account, &self.key)?)
    }
}

/// Fails unless the token's owner is an administrator of the account. Returns the installation's address in its normal
/// form, and the account's name.
pub(crate) async fn administered(
    base_url: &str,
    number: i64,
    token: &SecretString,
    public_only: bool,
) -> Result<(String, Option<String>), AccountError> {
    let options = Options { public_only, ..crate::options() };
    let client = Client::new(base_url, number, token, &options)?;
    let profile = client.profile().await;
    let profile = profile.map_err(|error| AccountError::of_question(error, &client))?;
    let membership = profile.accounts.iter().find(|account| account.id == number);
    let membership = membership.ok_or(Trouble::NoMember(number))?;
    match membership.role.as_deref() {
        Some("administrator") => Ok((client.installation().to_owned(), membership.name.clone())),
        _ => Err(Trouble::NoAdministrator(number).into()),
    }
}

/// Finds the account that an operator means, by its key, or by its number if only one account has it.
pub fn find(accounts: Vec<Account>, wanted: &str) -> Result<Account, AccountError> {
    let key: Option<AccountKey> = wanted.parse().ok();
    let number: Option<i64> = wanted.parse().ok();
    let is_meant = |one: &Account| Some(one.id) == key || Some(one.chatwoot_account_id) == number;
    let mut meant = accounts.into_iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(account), None) => Ok(account),
        (None, _) => Err(AccountError::NoAccount(wanted.to_owned())),
        _ => Err(AccountError::Several(wanted.to_owned())),
    }
}
