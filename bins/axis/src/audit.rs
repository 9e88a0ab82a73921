//! Who did what: a row of the table `audit`, and a line of the log.

use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;
use clap::Args;
use domain::{AccountKey, AuditId, TenantId};
use serde_json::{Value, json};
use store::accounts::Account;
use store::audit::{Entry, Progress};
use store::{PgConnection, Store};
use tokio::sync::watch;

/// Who acts.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Operator {
    /// Name under which the audit records who did it; the number of the system's user is recorded with it
    #[arg(
        id = "operator",
        long = "operator",
        env = "USER",
        default_value = "unknown",
        value_name = "NAME"
    )]
    name: String,
}

/// What is done, and to what.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) action: &'static str,
    /// Described without personal data.
    pub(crate) target: String,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) account: Option<AccountKey>,
}

impl Act {
    /// An act on everybody's data, or on nobody's.
    pub(crate) fn new(action: &'static str, target: impl Into<String>) -> Self {
        Self { action, target: target.into(), tenant: None, account: None }
    }

    /// Makes it an act on behalf of this account, if one is given. Its tenant may see what is done to it.
    pub(crate) async fn on(
        self,
        store: &Store,
        account: Option<AccountKey>,
    ) -> anyhow::Result<Self> {
        let Some(key) = account else { return Ok(self) };
        let found = store::accounts::get(&mut *store.worker().await?, key).await?;
        let tenant = found.map(|one| one.tenant);
        Ok(Self { tenant, account, ..self })
    }
}

/// Something that takes long, recorded in the audit before it was begun.
pub(crate) struct Begun {
    operator: Operator,
    store: Store,
    act: Act,
    id: AuditId,
}

impl Operator {
    /// The operator's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Records what was done, in the transaction that does it.
    pub(crate) async fn did(
        &self,
        transaction: &mut PgConnection,
        act: &Act,
        details: Value,
    ) -> anyhow::Result<AuditId> {
        let entry = self.entry(act, None, details);
        store::audit::record(transaction, &entry).await.context("writing the audit")
    }

    /// Makes audit entries about what is done to an account.
    pub(crate) fn deed(
        &self,
        action: &'static str,
    ) -> impl Fn(&Account, Value) -> Entry + Sync + '_ {
        move |account, details| {
            let number = account.chatwoot_account_id;
            let act = Act {
                tenant: Some(account.tenant.clone()),
                account: Some(account.id),
                ..Act::new(action, format!("account {number} of {}", account.base_url))
            };
            self.entry(&act, None, details)
        }
    }

    /// Records what is about to be done. What cannot be recorded is not begun.
    pub(crate) async fn begin(
        self,
        store: Store,
        act: Act,
        details: Value,
    ) -> anyhow::Result<Begun> {
        let entry = self.entry(&act, None, details);
        let mut transaction = store.worker().await.context("writing the audit")?;
        let begun = store::audit::begin(&mut transaction, entry).await;
        let id = begun.context("writing the audit")?;
        store::commit(transaction).await.context("writing the audit")?;
        Ok(Begun { operator: self, store, act, id })
    }

    fn entry(&self, act: &Act, count: Option<u64>, mut details: Value) -> Entry {
        // The user whose process this is, which no environment variable can change. Linux only.
        let uid = std::fs::metadata("/proc/self").ok().map(|process| process.uid());
        tracing::info!(
            target: "axis::audit",
            operator = self.name,
            operator.uid = uid,
            action = act.action,
            what = act.target,
            count,
            "an operator acts"
        );
        details["uid"] = json!(uid);
        Entry {
            actor: self.name.clone(),
            source: "axis",
            action: act.action.to_owned(),
            target: act.target.clone(),
            tenant: act.tenant.clone(),
            account: act.account,
            count,
            details,
        }
    }
}

impl Begun {
    /// Runs it and keeps how far it has come, as it tells.
    pub(crate) async fn follow<T, Running: Future<Output = T>>(
        &self,
        run: impl FnOnce(watch::Sender<Progress>) -> Running,
    ) -> T {
        store::audit::follow(&self.store, self.id, self.act.tenant.as_ref(), run).await
    }

    /// Records how it ended: to how many it was done, and why to no more.
    pub(crate) async fn end(&self, count: u64, ended: &str) {
        let entry = self.operator.entry(&self.act, Some(count), json!({}));
        let written = async {
            let mut transaction = self.store.worker().await?;
            store::audit::end(&mut transaction, self.id, entry, ended).await?;
            store::commit(transaction).await?;
            anyhow::Ok(())
        };
        if let Err(error) = written.await {
            tracing::error!(
                error = format!("{error:#}"),
                "cannot record in the audit how it ended"
            );
        }
    }
}
