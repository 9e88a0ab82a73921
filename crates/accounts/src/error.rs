//! What can go wrong, told apart by what the caller can do.

use bus::BusError;
use chatwoot::client::{CallError, Cause, Client, ClientError, Refusal};
use domain::{AccountKey, SealError, TenantId};

use crate::Unusable;

/// Why something could not be done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The address or the token cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What was given does not fit what Chatwoot has.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// A call to Chatwoot failed.
    #[error(transparent)]
    Chatwoot(CallError),
    /// What answers at the address is not Chatwoot, or is a proxy whose Chatwoot is away.
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
    /// Several accounts have this number.
    #[error("several accounts have the number {0}: give the key from `axis accounts list`")]
    Several(String),
    /// Another tenant has the account, or had it, so its data are that tenant's.
    #[error("account {number} of {url} is another tenant's, which has it or had it")]
    Taken {
        /// Its number.
        number: i64,
        /// Its installation.
        url: String,
    },
    /// The tenant has as many accounts as it may have.
    #[error("{0} accounts are connected already; disconnect one that is not needed")]
    TooMany(u32),
    /// The tenant has connected as many new accounts as it may in a day.
    #[error("{0} accounts were connected for the first time within a day; try again tomorrow")]
    TooManyNew(u32),
    /// Somebody else is changing the account.
    #[error("the account is being changed by somebody else at the moment; try again")]
    Busy,
    /// The key opens no secret that is sealed already, so the programs have another one.
    #[error(
        "the accounts are not sealed under this key: set AXIS_SECRET_KEY to what the programs use, or \
         say --another-key if that one is lost"
    )]
    AnotherKey,
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// NATS failed, so the receivers do not know of the change yet.
    #[error("cannot publish the account to the receivers: {0}")]
    Bus(#[from] BusError),
    /// The receivers were told of all accounts except these.
    #[error("{}", one_by_one(.0))]
    Untold(Vec<(AccountKey, AccountError)>),
}

/// What does not fit between what was given and what Chatwoot has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Chatwoot does not accept the token.
    #[error("Chatwoot does not accept the access token of account {0}: give a valid one")]
    Token(i64),
    /// The token's owner is not an administrator.
    #[error(
        "the access token of account {0} is not an administrator's, who alone may see webhooks: \
         give one that is"
    )]
    NoAdministrator(i64),
    /// The token's owner is not a member of the account.
    #[error("the token's owner is not a member of account {0}: check the number")]
    NoMember(i64),
    /// The token is not a person's.
    #[error("the access token is a bot's: give the one that is in a person's profile in Chatwoot")]
    NoUser,
    /// The installation has no such account, or is not a Chatwoot.
    #[error(
        "this Chatwoot has no account {0}, or is not a Chatwoot: check the address and the number"
    )]
    NoSuch(i64),
    /// Chatwoot signs no webhooks, and nobody has accepted that.
    #[error(
        "this Chatwoot signs no webhooks (it is older than 4.11.2): update it, or accept unsigned \
         ones with `axis accounts add … --allow-unsigned`"
    )]
    Unsigned,
    /// No address of the receiver is known that Chatwoot could call.
    #[error(
        "the address under which Chatwoot reaches the receiver is not known: set AXIS_PUBLIC_URL"
    )]
    NoPublicUrl,
    /// The webhook's secret is longer than any of Chatwoot's, and would take the room that others need.
    #[error(
        "this Chatwoot signs webhooks with a secret of more than {} bytes, which no Chatwoot makes: check \
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
    /// Whether the failure would meet every account now.
    pub(crate) fn is_everybodys(&self) -> bool {
        match self {
            Self::Bus(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Tells what a failed call means to whoever gave the account's token.
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

    /// As [`AccountError::of`], for a call that only reads, so that it does not matter whether Chatwoot did it.
    pub(crate) fn of_question(error: CallError, client: &Client) -> Self {
        match error {
            CallError::Unknown(
                cause @ (Cause::ServerError(..500) | Cause::Unreadable | Cause::TooLarge(_)),
            ) => Self::Nowhere { url: client.installation().to_owned(), cause },
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
