//! What was in the stream before a client came.

use std::future::Future;

use bus::{Bus, BusError, Tailed};
use domain::TenantId;

/// Reads a part of a tenant's past.
pub(crate) trait History: Clone + Send + 'static {
    /// At most `limit` messages after a position, up to and including another; fewer if there are
    /// no more.
    fn read(
        &self,
        tenant: TenantId,
        after: u64,
        up_to: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Tailed>, BusError>> + Send;
}

impl History for Bus {
    async fn read(
        &self,
        tenant: TenantId,
        after: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Tailed>, BusError> {
        self.read_activity(&tenant, after, up_to, limit).await
    }
}
