//! Asking Chatwoot from here, where an answer cannot wait for a worker.

use chatwoot::Client;
use domain::AccountKey;
use tokio::sync::SemaphorePermit;

use crate::App;
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
        client.transpose().map_err(ApiError::internal)
    }

    /// Room for a request during which Chatwoot is asked.
    pub(crate) fn making(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.makings.try_acquire().map_err(|_| ApiError::Busy)
    }
}
