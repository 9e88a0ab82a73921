//! Errors of comparing an account with Chatwoot.

use std::time::Duration;

use accounts::Unusable;
use bus::PublishError;
use chatwoot::{CallError, Outcome};
use service::retry::Policy;

/// How long to wait for somebody to fix the cause.
const ATTENDED: Duration = Duration::from_mins(30);

/// Why a comparison could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A call to Chatwoot failed.
    #[error(transparent)]
    Chatwoot(#[from] CallError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What was found could not be published.
    #[error("what was found could not be published: {0}")]
    Publish(#[from] PublishError),
    /// The account cannot be called.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The token has too few rights: parts of the account would seem to be gone.
    #[error("the access token is not an administrator's: give one that is to `axis accounts add`")]
    NotAdministrator,
    /// What was found cannot be encoded.
    #[error("what was found cannot be written: {0}")]
    Body(#[from] serde_json::Error),
    /// There is no such account, or it is disconnected.
    #[error("the account is not there, or is no longer served")]
    NoAccount,
    /// The work under way has got nowhere for too long.
    #[error("nothing was heard of the database for too long")]
    Silent,
    /// An operator or another worker took the account over, or it was disconnected.
    #[error(
        "another comparison of this account has taken over, or it was disconnected; what was done stays done"
    )]
    TakenOver,
}

impl ReconcileError {
    /// Whether another try can succeed without anybody fixing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Chatwoot(error) => error.outcome() != Outcome::Permanent,
            Self::Store(error) => error.is_transient(),
            Self::Publish(error) => !error.is_permanent(),
            Self::Silent => true,
            _ => false,
        }
    }

    /// How long to wait before the next try, after this many failures in a row.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        if !self.may_pass() {
            return ATTENDED;
        }
        let asked = match self {
            Self::Chatwoot(CallError::RateLimited { retry_after }) => *retry_after,
            _ => None,
        };
        Policy::FAR.delay_asked(failures, asked)
    }
}
