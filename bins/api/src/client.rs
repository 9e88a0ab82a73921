//! Asking Chatwoot directly, where an answer cannot wait for a worker.

use accounts::Unusable;
use chatwoot::Client;
use domain::{AccountKey, TenantId};

use crate::App;
use crate::capacity::Room;
use crate::error::ApiError;

impl App {
    /// Returns a client for an account of the caller's tenant, or `None` if the account is no longer served.
    pub(crate) async fn client(&self, account: AccountKey) -> Result<Option<Client>, ApiError> {
        let (clients, key) = self.files.callers().ok_or(ApiError::NotSetUp)?;
        // Only workers may read sealed tokens.
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        let client = account.map(|account| clients.of(&account, key));
        client.transpose().map_err(|error| match error {
            Unusable::Seal(error) => ApiError::AnotherKey(error.into()),
            error @ Unusable::Client(_) => ApiError::internal(error),
        })
    }

    /// Takes room for a request that, in the middle of its transaction, asks Chatwoot or has NATS
    /// do something, and may want a second transaction. Must be taken before the first one begins:
    /// a request that hangs, or a crowd of which each waits for its second one, would otherwise
    /// take every connection to the database.
    pub(crate) fn asking(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.asking.enter(tenant).ok_or(ApiError::Busy)
    }

    /// Takes room for a request that reads much of a stream, whose messages may be large.
    pub(crate) fn reading(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.reading.enter(tenant).ok_or(ApiError::Busy)
    }
}
