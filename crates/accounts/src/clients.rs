//! Clients for calling the Chatwoot of accounts that are stored here.

use std::sync::{Mutex, PoisonError};

use chatwoot::client::{Client, ClientError, Options};
use domain::{SealError, SecretKey};
use secrecy::SecretString;
use store::accounts::Account;

/// The largest answer, in bytes, of a Chatwoot that a caller of the API named, not an operator.
const MOST_OF_A_STRANGERS: usize = 4 << 20;

/// Makes clients for accounts, which share connections. Answers in hand are counted together, by tenant.
#[derive(Debug, Default)]
pub struct Clients {
    options: Options,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    anywhere: Option<Client>,
    public: Option<Client>,
}

/// Why an account cannot be called, until somebody repairs it.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The account's token cannot be opened.
    #[error("the account's access token cannot be opened: {0}")]
    Seal(#[from] SealError),
    /// The account's address or token cannot be used.
    #[error("the account cannot be called: {0}")]
    Client(#[from] ClientError),
}

impl Clients {
    /// All clients have these timeouts, and take answers up to this size; from a Chatwoot that a caller named, at most
    /// 4 MiB.
    pub fn new(options: Options) -> Self {
        Self { options, shared: Mutex::default() }
    }

    /// A client for an account, with the account's own token.
    pub fn of(&self, account: &Account, key: &SecretKey) -> Result<Client, Unusable> {
        let token = key.open(Account::TOKEN_PURPOSE, &account.api_token)?;
        Ok(self.with_token(account, &token)?)
    }

    /// A client for an account, with this token.
    pub fn with_token(
        &self,
        account: &Account,
        token: &SecretString,
    ) -> Result<Client, ClientError> {
        let (url, number) = (&account.base_url, account.chatwoot_account_id);
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let place = if account.public_only { &mut shared.public } else { &mut shared.anywhere };
        let client = if let Some(client) = place {
            client.for_account(url, number, token)?
        } else {
            let options = self.options_for(account.public_only);
            place.insert(Client::new(url, number, token, &options)?).clone()
        };
        Ok(client.owned_by(account.tenant.as_str()))
    }

    fn options_for(&self, public_only: bool) -> Options {
        let most = self.options.max_answer;
        let max_answer = if public_only { most.min(MOST_OF_A_STRANGERS) } else { most };
        Options { public_only, max_answer, ..self.options.clone() }
    }
}

#[cfg(test)]
mod tests {
    use domain::AccountKey;

    use super::*;

    #[test]
    fn what_a_caller_named_is_called_at_public_addresses_only() {
        let key: SecretKey = "5c".repeat(32).parse().unwrap();
        let account = |url: &str, public_only| Account {
            id: AccountKey::generate(),
            tenant: "acme".parse().unwrap(),
            base_url: url.to_owned(),
            screen_url: None,
            chatwoot_account_id: 1,
            name: None,
            api_token: key.seal(Account::TOKEN_PURPOSE, &"token".into()).unwrap(),
            webhook_secrets: Vec::new(),
            webhook_id: None,
            allow_unsigned: false,
            public_only,
        };
        let clients = Clients::default();
        assert!(clients.options_for(true).max_answer < clients.options_for(false).max_answer);
        let (inside, outside) = ("http://10.0.0.1:3000", "https://chat.example.com");
        // The second time over existing connections.
        for _ in 0..2 {
            let refused = clients.of(&account(inside, true), &key);
            assert!(matches!(refused, Err(Unusable::Client(ClientError::Private))), "{refused:?}");
            assert!(clients.of(&account(outside, true), &key).is_ok());
            assert!(clients.of(&account(inside, false), &key).is_ok());
        }
    }
}
