//! Notifications about rows that were added to the outbox.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::time::timeout;

use crate::{Error, Store};

const CHANNEL: &str = "outbox";
/// Our own notification does not arrive any more if it has not arrived within this time.
const ARRIVING: Duration = Duration::from_secs(5);

/// Listens for the notifications; see [`Store::wakeups`].
pub struct Wakeups {
    listener: PgListener,
    deaf: bool,
}

impl Store {
    /// Listens for rows added to the outbox, on a connection of its own, and tests whether notifications arrive there.
    pub async fn wakeups(&self) -> Result<Wakeups, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.connecting())
            .connect_lazy_with(self.direct.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        let deaf = is_deaf(&mut listener, &self.pool).await?;
        Ok(Wakeups { listener, deaf })
    }
}

impl Wakeups {
    /// Whether no notification arrives, because the connection goes through a proxy that pools by transaction.
    pub fn are_deaf(&self) -> bool {
        self.deaf
    }

    /// Waits for the next notification. An error means that the connection is lost: listen anew.
    pub async fn next(&mut self) -> Result<(), Error> {
        self.listener.recv().await?;
        self.deaf = false;
        Ok(())
    }
}

/// Notifies over the pool, as writers do, and tests whether the listener hears it. Sent over the listener's own
/// connection, it would arrive even through a proxy.
async fn is_deaf(listener: &mut PgListener, pool: &PgPool) -> Result<bool, Error> {
    let saying = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(pool);
    if !matches!(timeout(ARRIVING, saying).await, Ok(Ok(_))) {
        // Nothing was sent, so nothing is known.
        return Ok(false);
    }
    match timeout(ARRIVING, listener.recv()).await {
        Ok(heard) => Ok(heard.map(|_| false)?),
        Err(_) => Ok(true),
    }
}
