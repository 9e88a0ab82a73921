//! The clients that call the accounts' Chatwoot, made from what the database says about the accounts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Clients, Unusable};
use chatwoot::client::{Cause, Options};
use chatwoot::{CallError, Client};
use domain::{AccountKey, Sealed, SecretKey, in_words};
use store::Store;
use store::accounts::Account;
use store::links::OwnToken;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

/// How long a changed token or address may go unnoticed.
const FRESH: Duration = Duration::from_secs(30);
/// How long a reply waits to learn which Chatwoot user its token belongs to.
const ASKING: Duration = Duration::from_secs(5);
/// How long to wait before asking that again.
const ASKED_AGAIN: Duration = Duration::from_mins(5);

/// Calls the Chatwoot of one account.
pub(crate) struct Caller {
    pub(crate) client: Client,
    /// The host, by which limits are counted.
    pub(crate) host: String,
    account: Account,
    user: OnceCell<i64>,
    /// When a reply last asked for the user. Locked while one asks, so that the others wait for the answer.
    asked_at: Mutex<Option<Instant>>,
}

impl Caller {
    pub(crate) fn key(&self) -> AccountKey {
        self.account.id
    }

    /// The account's token.
    pub(crate) fn token(&self) -> &Sealed {
        &self.account.api_token
    }

    /// Returns the number of the user whose token this is, and asks Chatwoot for it if need be.
    pub(crate) async fn user(&self) -> Result<i64, CallError> {
        let ask = async || self.client.profile().await.map(|profile| profile.id);
        self.user.get_or_try_init(ask).await.copied()
    }

    /// Returns the number of the user whose token this is, if it is known.
    pub(crate) fn known_user(&self) -> Option<i64> {
        self.user.get().copied()
    }

    /// Whether to ask for the user before a reply goes out: if it is not known, and Chatwoot has not just failed to
    /// tell.
    pub(crate) async fn asks_user(&self) -> bool {
        !self.user.initialized() && self.is_to_ask(*self.asked_at.lock().await)
    }

    fn is_to_ask(&self, asked_at: Option<Instant>) -> bool {
        let lately = asked_at.is_some_and(|at| at.elapsed() < ASKED_AGAIN);
        !lately && !self.user.initialized()
    }

    /// Asks for the user, for 5 s at most. Returns `None` if another reply has asked meanwhile.
    pub(crate) async fn learn_user(&self) -> Option<Result<i64, CallError>> {
        let mut asked_at = self.asked_at.lock().await;
        if !self.is_to_ask(*asked_at) {
            return None;
        }
        *asked_at = Some(Instant::now());
        let asked = timeout(ASKING, self.user()).await;
        Some(asked.unwrap_or(Err(CallError::Unknown(Cause::Timeout))))
    }
}

/// Why an account cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallerError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the account is not served")]
    Gone,
    #[error(transparent)]
    Unusable(Arc<Unusable>),
}

type Known = HashMap<AccountKey, Result<Arc<Caller>, Arc<Unusable>>>;

/// The callers of all accounts, cached for a moment.
pub(crate) struct Callers {
    store: Store,
    key: SecretKey,
    clients: Clients,
    known: Mutex<Option<(Instant, Known)>>,
}

impl Callers {
    pub(crate) fn new(store: Store, key: SecretKey, options: Options) -> Self {
        Self { store, key, clients: Clients::new(options), known: Mutex::new(None) }
    }

    /// Returns the caller of an account. A new account is looked up at once.
    pub(crate) async fn get(&self, account: AccountKey) -> Result<Arc<Caller>, CallerError> {
        // One reads, and the others wait for it.
        let mut known = self.known.lock().await;
        let fresh = known.as_mut().filter(|(read_at, _)| read_at.elapsed() < FRESH);
        if let Some((_, callers)) = fresh {
            if let Some(caller) = callers.get(&account) {
                return answer(caller);
            }
            // Only this one is read: commands that wait for an account that is not served must not make the others be
            // read again.
            let found = self.read(account).await?.ok_or(CallerError::Gone)?;
            return answer(callers.entry(account).or_insert(self.caller(&found)));
        }
        let accounts = store::accounts::all(&self.store).await?;
        let before = known.take().map(|(_, callers)| callers).unwrap_or_default();
        let renewed = |account: &Account| (account.id, self.renewed(account, &before));
        let callers: Known = accounts.iter().map(renewed).collect();
        let found = callers.get(&account).map_or(Err(CallerError::Gone), answer);
        *known = Some((Instant::now(), callers));
        found
    }

    /// Whether this caller, whose token was refused, is outdated because the account has another token by now or was
    /// disconnected.
    pub(crate) async fn is_outdated(&self, caller: &Caller) -> Result<bool, store::Error> {
        let account = self.read(caller.key()).await?;
        let outdated = account.is_none_or(|account| account.api_token != caller.account.api_token);
        if outdated && let Some((_, callers)) = self.known.lock().await.as_mut() {
            callers.remove(&caller.key());
        }
        Ok(outdated)
    }

    /// Makes a client with the own token of a reply's author. Returns `None` if the token does not open with our key.
    pub(crate) fn own(&self, caller: &Caller, own: &OwnToken) -> Option<Client> {
        let opened = self.key.open(store::links::TOKEN_PURPOSE, &own.token).map_err(Unusable::from);
        let client =
            opened.and_then(|token| Ok(self.clients.with_token(&caller.account, &token)?));
        client
            .inspect_err(|error| {
                let error = in_words(error);
                tracing::error!(
                    error,
                    "cannot open an author's own token; the reply goes out with the account's"
                );
            })
            .ok()
    }

    /// Reads an account. Returns `None` if it is not served.
    async fn read(&self, account: AccountKey) -> Result<Option<Account>, store::Error> {
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        Ok(account)
    }

    /// Returns the previous caller, with what it has learnt, if its account has not changed, or else a new one.
    fn renewed(&self, account: &Account, before: &Known) -> Result<Arc<Caller>, Arc<Unusable>> {
        match before.get(&account.id) {
            Some(Ok(caller)) if caller.account == *account => Ok(Arc::clone(caller)),
            _ => self.caller(account),
        }
    }

    fn caller(&self, account: &Account) -> Result<Arc<Caller>, Arc<Unusable>> {
        let client = self.clients.of(account, &self.key).map_err(Arc::new)?;
        let (host, account) = (client.host(), account.clone());
        let (user, asked_at) = (OnceCell::new(), Mutex::new(None));
        Ok(Arc::new(Caller { client, host, account, user, asked_at }))
    }
}

fn answer(caller: &Result<Arc<Caller>, Arc<Unusable>>) -> Result<Arc<Caller>, CallerError> {
    match caller {
        Ok(caller) => Ok(Arc::clone(caller)),
        Err(error) => Err(CallerError::Unusable(Arc::clone(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_caller_has_learnt_is_known_until_its_account_has_another_token() {
        let config = store::Config::for_url("postgres://127.0.0.1:1/nowhere");
        let store = Store::connect(&config, "test").unwrap();
        let key: SecretKey = "5c".repeat(32).parse().unwrap();
        let token = |text: &str| key.seal(Account::TOKEN_PURPOSE, &text.into()).unwrap();
        let mut account = Account {
            id: AccountKey::generate(),
            tenant: "acme".parse().unwrap(),
            base_url: "https://chat.example.com".to_owned(),
            screen_url: None,
            chatwoot_account_id: 1,
            name: None,
            api_token: token("one"),
            webhook_secrets: Vec::new(),
            webhook_id: None,
            allow_unsigned: false,
            public_only: false,
        };
        let other = token("another");
        let callers = Callers::new(store, key, Options::default());
        let first = callers.caller(&account).unwrap();
        first.user.set(7).unwrap();
        let mut known = Known::from([(account.id, Ok(first))]);
        let second = callers.renewed(&account, &known).unwrap();
        assert_eq!(second.known_user(), Some(7));
        assert!(!second.asks_user().await);

        account.api_token = other;
        let third = callers.renewed(&account, &known).unwrap();
        assert_eq!(third.known_user(), None);
        assert!(third.asks_user().await);
        *third.asked_at.lock().await = Some(Instant::now());
        known.insert(account.id, Ok(third));
        let fourth = callers.renewed(&account, &known).unwrap();
        assert!(!fourth.asks_user().await, "it has not told just now");
        assert!(fourth.learn_user().await.is_none());
    }
}
