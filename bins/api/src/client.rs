//! Asking Chatwoot from here, where an answer cannot wait for a worker.

use accounts::Unusable;
use chatwoot::Client;
use domain::{AccountKey, TenantId};

use crate::App;
use crate::capacity::Room;
use crate::error::ApiError;

impl App {
    /// A client of an account that is the caller's tenant's. None: it is served no more.
    pub(crate) async fn client(&self, account: AccountKey) -> Result<Option<Client>, ApiError> {
        let (clients, key) = self.files.callers().ok_or(ApiError::NotSetUp)?;
        // Only workers read sealed tokens.
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, account).await?;
        store::commit(transaction).await?;
        let client = account.map(|account| clients.of(&account, key));
        client.transpose().map_err(|error| match error {
            Unusable::Seal(error) => ApiError::AnotherKey(error.into()),
            error @ Unusable::Client(_) => ApiError::internal(error),
        })
    }

    /// Room for a request that asks Chatwoot, or has NATS do something, in the middle of its transaction
    /// and may want a second one. It is taken before the first is begun: one of them that hangs, or a
    /// crowd of which each waits for the second, would otherwise take every connection to the database.
    pub(crate) fn asking(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.asking.enter(tenant).ok_or(ApiError::Busy)
    }

    /// Waits for a place to ask Chatwoot, for requests such as each of a conversation's pictures.
    pub(crate) async fn asking_in_turn(&self, tenant: &TenantId) -> Room {
        self.asking.wait(tenant).await
    }

    /// Room for a request that reads much of a stream, whose messages may be large.
    pub(crate) fn reading(&self, tenant: &TenantId) -> Result<Room, ApiError> {
        self.reading.enter(tenant).ok_or(ApiError::Busy)
    }
}
