//! What was in the stream before a client came.

use std::future::Future;

use bus::{Bus, BusError, Tailed};
use domain::TenantId;

use super::position::Position;

/// Reads a part of a tenant's past.
pub(crate) trait History: Clone + Send + 'static {
    /// At most `limit` messages after a position, up to and including a sequence of its epoch; fewer
    /// if there are no more. [`BusError::Reset`] if that epoch is over.
    fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Tailed>, BusError>> + Send;
}

impl History for Bus {
    async fn read(
        &self,
        tenant: TenantId,
        after: Position,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Tailed>, BusError> {
        let Position { epoch, sequence: after } = after;
        let read = self.read_activity(&tenant, after, up_to, limit).await?;
        // Asked afterwards: an epoch that is over does not come back, and whoever follows the stream
        // may not know yet that this one is.
        if *self.activity_epoch().await? == *epoch {
            Ok(read)
        } else {
            Err(BusError::Reset { after })
        }
    }
}
