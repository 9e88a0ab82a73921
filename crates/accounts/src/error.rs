//! What can go wrong, told by what the caller can do.

use bus::BusError;
use chatwoot::client::{CallError, Cause, Client, ClientError, Refusal};
use domain::{AccountKey, SealError, TenantId};

use crate::Unusable;

/// Why something could not be done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The address or the token is none.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What was given does not fit what Chatwoot has.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Chatwoot did not do it.
    #[error(transparent)]
    Chatwoot(CallError),
    /// What answers there does not speak as Chatwoot does, or a proxy does for one that is away.
    #[error("no Chatwoot answers at {url}: {cause}; check the address, and that it runs")]
    Nowhere {
        /// The address.
        url: String,
        /// What was answered instead.
        cause: Cause,
    },
    /// There is no such tenant.
    #[error("there is no tenant {0}: add it with `axis tenants add {0}`")]
    NoTenant(TenantId),
    /// There is no such account, or it is disconnected.
    #[error("there is no account {0}: see `axis accounts list`")]
    NoAccount(String),
    /// A number that several accounts have.
    #[error("several accounts have the number {0}: give the key from `axis accounts list`")]
    Several(String),
    /// Another tenant has it, or had it: what it told is that tenant's.
    #[error("account {number} of {url} is another tenant's, which has it or had it")]
    Taken {
        /// Its number.
        number: i64,
        /// Its installation.
        url: String,
    },
    /// As many as the tenant may have are there.
    #[error("{0} accounts are connected already; disconnect one that is not needed")]
    TooMany(u32),
    /// As many as the tenant may bring in a day are new.
    #[error("{0} accounts were connected for the first time within a day; try again tomorrow")]
    TooManyNew(u32),
    /// Somebody changes it at this moment.
    #[error("the account is being changed by somebody else at the moment; try again")]
    Busy,
    /// The key opens nothing of what is sealed already: the programs have another one.
    #[error(
        "the accounts are not sealed under this key: set AXIS_SECRET_KEY to what the programs use, or \
         say --another-key if that one is lost"
    )]
    AnotherKey,
    /// A secret does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// NATS failed: the receivers do not know yet.
    #[error("the receivers could not be told of the account: {0}")]
    Bus(#[from] BusError),
    /// The receivers were told of all accounts but these.
    #[error("{}", one_by_one(.0))]
    Untold(Vec<(AccountKey, AccountError)>),
}

/// What does not fit between what was given and what Chatwoot has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The token is worth nothing.
    #[error("Chatwoot does not accept the access token of account {0}: give a valid one")]
    Token(i64),
    /// Its owner may not administer.
    #[error(
        "the access token of account {0} is not an administrator's, who alone may see webhooks: \
         give one that is"
    )]
    NoAdministrator(i64),
    /// Its owner is of other accounts.
    #[error("the token's owner is not a member of account {0}: check the number")]
    NoMember(i64),
    /// It is no person's.
    #[error("the access token is a bot's: give the one that is in a person's profile in Chatwoot")]
    NoUser,
    /// The installation has no such account, or is none.
    #[error(
        "this Chatwoot has no account {0}, or is no Chatwoot: check the address and the number"
    )]
    NoSuch(i64),
    /// It signs nothing, and nobody said that this is well.
    #[error(
        "this Chatwoot signs no webhooks (it is older than 4.11.2): update it, or accept unsigned \
         ones with `axis accounts add … --allow-unsigned`"
    )]
    Unsigned,
    /// Nothing is known that Chatwoot could call.
    #[error("nobody said under which address Chatwoot reaches the receiver: set AXIS_PUBLIC_URL")]
    NoPublicUrl,
    /// It is no secret of Chatwoot's, and would take the room that others need.
    #[error(
        "this Chatwoot signs webhooks with a secret of more than {} bytes, which no Chatwoot makes: look \
         what answers there",
        crate::registration::LONGEST_SECRET
    )]
    LongSecret,
}

fn one_by_one(untold: &[(AccountKey, AccountError)]) -> String {
    let untold = untold.iter().map(|(account, error)| format!("account {account}: {error}"));
    untold.collect::<Vec<_>>().join("; ")
}

impl From<Unusable> for AccountError {
    fn from(error: Unusable) -> Self {
        match error {
            Unusable::Seal(error) => error.into(),
            Unusable::Client(error) => error.into(),
        }
    }
}

impl AccountError {
    /// Whether any account would meet this now.
    pub(crate) fn is_everybodys(&self) -> bool {
        match self {
            Self::Bus(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }

    /// What a failed call to this account means to whoever gave its token.
    pub(crate) fn of(error: CallError, number: i64) -> Self {
        match error {
            CallError::Unauthorized(Refusal::Token | Refusal::Other) => {
                Trouble::Token(number).into()
            }
            CallError::Unauthorized(Refusal::Role | Refusal::Bot) => {
                Trouble::NoAdministrator(number).into()
            }
            CallError::NotFound => Trouble::NoSuch(number).into(),
            other => Self::Chatwoot(other),
        }
    }

    /// The same of a question, of which there is nothing that Chatwoot may have done.
    pub(crate) fn of_question(error: CallError, client: &Client) -> Self {
        match error {
            CallError::Unknown(cause @ (Cause::ServerError(..500) | Cause::Unreadable)) => {
                Self::Nowhere { url: client.installation().to_owned(), cause }
            }
            other => Self::of(other, client.account_id()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chatwoot::client::Options;

    use super::*;

    #[test]
    fn where_something_else_answers_is_no_chatwoot() {
        let client = Client::new("https://x.example", 7, &"token".into(), &Options::default());
        let client = client.unwrap();
        let nowhere = |cause| {
            let error = AccountError::of_question(CallError::Unknown(cause), &client);
            matches!(error, AccountError::Nowhere { .. })
        };
        for status in [301, 403, 404] {
            assert!(nowhere(Cause::ServerError(status)), "{status}");
        }
        assert!(!nowhere(Cause::ServerError(503)) && !nowhere(Cause::Timeout));
    }
}
