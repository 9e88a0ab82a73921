//! Callers of the accounts' Chatwoot, made from what the database says about them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Clients, Unusable};
use chatwoot::client::Options;
use chatwoot::{CallError, Client};
use domain::{AccountKey, SecretKey};
use store::Store;
use store::accounts::Account;
use store::links::OwnToken;
use tokio::sync::{Mutex, OnceCell};

/// How long a changed token or address may go unnoticed.
const FRESH: Duration = Duration::from_secs(30);

/// A caller of one account.
pub(crate) struct Caller {
    pub(crate) client: Client,
    /// What limits are counted by.
    pub(crate) host: String,
    account: Account,
    user: OnceCell<i64>,
}

impl Caller {
    pub(crate) fn key(&self) -> AccountKey {
        self.account.id
    }

    /// The number of the user whose token this is.
    pub(crate) async fn user(&self) -> Result<i64, CallError> {
        let ask = async || self.client.profile().await.map(|profile| profile.id);
        self.user.get_or_try_init(ask).await.copied()
    }
}

/// Why an account cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the account is not served")]
    Gone,
    #[error(transparent)]
    Unusable(Arc<Unusable>),
}

type Known = HashMap<AccountKey, Result<Arc<Caller>, Arc<Unusable>>>;

/// All accounts, for a moment.
pub(crate) struct Accounts {
    store: Store,
    key: SecretKey,
    clients: Clients,
    known: Mutex<Option<(Instant, Known)>>,
}

impl Accounts {
    pub(crate) fn new(store: Store, key: SecretKey, options: Options) -> Self {
        Self { store, key, clients: Clients::new(options), known: Mutex::new(None) }
    }

    /// The caller of an account. An account that is new is looked for at once.
    pub(crate) async fn get(&self, account: AccountKey) -> Result<Arc<Caller>, AccountError> {
        // All wait for whoever reads.
        let mut known = self.known.lock().await;
        let fresh = known.as_mut().filter(|(read_at, _)| read_at.elapsed() < FRESH);
        if let Some((_, callers)) = fresh {
            if let Some(caller) = callers.get(&account) {
                return answer(caller);
            }
            // It alone: what waits for an account that is not served must not cost the others theirs.
            let found = self.read(account).await?.ok_or(AccountError::Gone)?;
            return answer(callers.entry(account).or_insert(self.caller(&found)));
        }
        let accounts = store::accounts::all(&self.store).await?;
        let callers: Known =
            accounts.iter().map(|account| (account.id, self.caller(account))).collect();
        let found = callers.get(&account).map_or(Err(AccountError::Gone), answer);
        *known = Some((Instant::now(), callers));
        found
    }

    /// Whether this caller, whose token was refused, is that of the account no more: it has another token by
    /// now, or was disconnected.
    pub(crate) async fn is_outdated(&self, caller: &Caller) -> Result<bool, store::Error> {
        let account = self.read(caller.key()).await?;
        let outdated = account.is_none_or(|account| account.api_token != caller.account.api_token);
        if outdated {
            *self.known.lock().await = None;
        }
        Ok(outdated)
    }

    /// The same with the token of whoever wrote what goes out. None: it does not open with our key.
    pub(crate) fn own(&self, caller: &Caller, own: &OwnToken) -> Option<Client> {
        let opened = self.key.open(store::links::TOKEN_PURPOSE, &own.token).map_err(Unusable::from);
        let client =
            opened.and_then(|token| Ok(self.clients.with_token(&caller.account, &token)?));
        client
            .inspect_err(
                |error| tracing::error!(%error, "a reply goes out with the account's token"),
            )
            .ok()
    }

    /// An account as it is now, if it is served.
    async fn read(&self, account: AccountKey) -> Result<Option<Account>, store::Error> {
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        Ok(account)
    }

    fn caller(&self, account: &Account) -> Result<Arc<Caller>, Arc<Unusable>> {
        let client = self.clients.of(account, &self.key).map_err(Arc::new)?;
        let (host, account) = (client.host(), account.clone());
        Ok(Arc::new(Caller { client, host, account, user: OnceCell::new() }))
    }
}

fn answer(caller: &Result<Arc<Caller>, Arc<Unusable>>) -> Result<Arc<Caller>, AccountError> {
    match caller {
        Ok(caller) => Ok(Arc::clone(caller)),
        Err(error) => Err(AccountError::Unusable(Arc::clone(error))),
    }
}
