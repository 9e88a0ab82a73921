//! `/operations`
//!
//! Everything here is the caller's tenant's: its accounts' events, its commands, its dead letters.
//! What reaches beyond the database is recorded in the audit before it is begun.

pub(super) mod accounts;
pub(super) mod dead_letters;
pub(super) mod pipeline;
mod receivers;
pub(super) mod replays;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountKey, AuditId};
use serde_json::{Value, json};
use store::audit::{Entry, Progress};
use store::{PgConnection, Store, TransactionId};
use tokio::sync::watch;

use crate::App;
use crate::auth::Principal;
use crate::error::ApiError;

/// How long to wait before the database is asked again whether something was recorded.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Something that was recorded in the audit before it was begun.
struct Begun {
    id: AuditId,
    entry: Entry,
}

impl Begun {
    /// Records what is about to be done. What cannot be recorded is not begun.
    async fn write(
        connection: &mut PgConnection,
        principal: &Principal,
        action: &str,
        target: String,
        account: Option<AccountKey>,
        details: Value,
    ) -> Result<Self, ApiError> {
        let entry = Entry { account, ..principal.does(action, target, details) };
        let id = store::audit::begin(connection, entry.clone()).await?;
        Ok(Self { id, entry })
    }

    /// Whether that was recorded by this transaction, though the database could not say so. Asks until it can and the
    /// transaction has ended, which may be long after its connection was lost, or it is no use any more.
    async fn is_recorded(
        &self,
        app: &App,
        transaction: &TransactionId,
        until: DateTime<Utc>,
    ) -> bool {
        let Some(tenant) = &self.entry.tenant else { return false };
        while Utc::now() < until && !app.shutdown.is_cancelled() {
            let looked = async {
                let mut look = app.store.tenant(tenant).await?;
                // First: if it ends in between, the row is seen.
                let under_way = transaction.is_under_way(&mut look).await?;
                let there = store::audit::is_there(&mut look, self.id).await?;
                store::commit(look).await?;
                Ok((there, under_way))
            };
            match store::within(store::PATIENCE, looked).await {
                Ok((there, under_way)) if there || !under_way => return there,
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "cannot look up what was recorded"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = app.shutdown.cancelled() => {}
            }
        }
        false
    }

    /// Runs it and keeps how far it has come, as it tells.
    async fn follow<T, Running: Future<Output = T>>(
        &self,
        store: &Store,
        run: impl FnOnce(watch::Sender<Progress>) -> Running,
    ) -> T {
        store::audit::follow(store, self.id, self.entry.tenant.as_ref(), run).await
    }

    /// Records how it ended.
    async fn end(
        self,
        connection: &mut PgConnection,
        count: u64,
        ended: &str,
    ) -> Result<(), store::Error> {
        let entry = Entry { count: Some(count), details: json!({}), ..self.entry };
        store::audit::end(connection, self.id, entry, ended).await
    }

    /// Records how it ended, when nobody is left to be told that recording failed.
    async fn end_at_last(self, store: &Store, count: u64, ended: &str) {
        let written = async {
            let tenant = self.entry.tenant.clone();
            let Some(tenant) = tenant else { return Ok(()) };
            let mut transaction = store.tenant(&tenant).await?;
            self.end(&mut transaction, count, ended).await?;
            store::commit(transaction).await
        };
        if let Err(error) = store::within(store::PATIENCE, written).await {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(error, "cannot record in the audit how it ended");
        }
    }
}
