//! Connecting an account of a Chatwoot installation: who may act for it, and where it is kept here.

use chatwoot::client::{Client, Options};
use domain::{AccountKey, TenantId};
use secrecy::SecretString;
use serde_json::json;
use store::accounts::{Account, Said};
use store::{Error, PgConnection, Transaction};

use crate::{AccountError, Accounts, Deed, Trouble, deed};

/// An account to be served.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose it is.
    pub tenant: TenantId,
    /// Scheme and host of the installation.
    pub base_url: String,
    /// The same for people, if they open it elsewhere; unset: as it was.
    pub screen_url: Option<String>,
    /// Its number there.
    pub number: i64,
    /// An administrator's token.
    pub token: SecretString,
    /// It signs nothing (Chatwoot before 4.11.2); unset: as it was, and at first it has to.
    pub allow_unsigned: Option<bool>,
    /// It is called at public addresses only; unset: as it was, and at first it is if a caller names its
    /// address, and no operator.
    pub public_only: Option<bool>,
    /// For people; unset: as it was, and at first what Chatwoot calls it.
    pub name: Option<String>,
}

/// Accounts that a tenant may connect for the first time within a day, as a multiple of those that it may
/// have. Each that ever was leaves a row here and a trace at NATS, though it is disconnected at once.
const NEW_A_DAY: u32 = 5;

impl Accounts {
    /// Checks with Chatwoot that the token is an administrator's, keeps the account, and tells the
    /// receivers. Its history is brought in by the sync workers from then on. One that is there gets
    /// the token and keeps what it has; one that was disconnected is served again.
    pub async fn connect(&self, wanted: &Wanted, deed: Deed<'_>) -> Result<Account, AccountError> {
        self.require_key().await?;
        let guarded = self.public_only || wanted.public_only.unwrap_or_default();
        let (url, number) = (&wanted.base_url, wanted.number);
        let (base_url, name) = administered(url, number, &wanted.token, guarded).await?;
        let mut account = Account {
            id: AccountKey::generate(),
            tenant: wanted.tenant.clone(),
            base_url,
            screen_url: wanted.screen_url.clone(),
            chatwoot_account_id: wanted.number,
            name: wanted.name.clone().or(name),
            api_token: self.key.seal(Account::TOKEN_PURPOSE, &wanted.token)?,
            webhook_secrets: Vec::new(),
            webhook_id: None,
            allow_unsigned: wanted.allow_unsigned.unwrap_or_default(),
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
        // An account that was there keeps its webhook and secrets.
        let kept = store::accounts::get(&mut transaction, account.id).await?;
        let account = kept.unwrap_or(account);
        deed::write(&mut transaction, deed, &account, before, json!({})).await?;
        store::commit(transaction).await?;
        self.publish(account.id).await?;
        Ok(account)
    }

    /// Fails if this account would be one more than the tenant may have, or may bring in a day. Until the transaction ends no other one counts.
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

    /// Whether the key opens anything that is sealed of an account: its token, or what its webhook is
    /// or was signed with.
    pub fn opens(&self, account: &Account) -> bool {
        self.key.open(Account::TOKEN_PURPOSE, &account.api_token).is_ok()
            || self.opens_secret(account)
    }

    /// Whether the key opens anything of the accounts that are served, if there are any.
    pub async fn fits(&self) -> Result<bool, AccountError> {
        let served = self.list().await?;
        Ok(served.is_empty() || served.iter().any(|account| self.opens(account)))
    }

    /// Fails if whoever opens the rest could not open what is sealed now.
    pub(crate) async fn require_key(&self) -> Result<(), AccountError> {
        if self.another_key || self.fits().await? { Ok(()) } else { Err(AccountError::AnotherKey) }
    }

    /// Takes an account in hand until the transaction ends.
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

    /// Lets go of an account that was in hand, before its caller hears of a failure: who asks again at
    /// once does not find it in hand.
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
                // Without an answer it is let go of with its connection.
                store::rollback(transaction).await.ok();
                Err(error)
            }
        }
    }

    /// A caller of an account that is kept here.
    pub(crate) fn client(&self, account: &Account) -> Result<Client, AccountError> {
        Ok(self.clients.of(account, &self.key)?)
    }
}

/// Fails unless the token's owner is an administrator of the account; gives the installation's address
/// as it is kept, whatever was typed, and the account's name.
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

/// The account that an operator means: by its key, or by its number if that is enough.
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
