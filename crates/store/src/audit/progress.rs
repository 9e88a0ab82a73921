//! How far something is that was begun: a row until it has ended. If the program that did it is gone, the row stays for
//! a while and says how far it came.

use domain::{AuditId, TenantId};
use sqlx::PgConnection;
use tokio::sync::watch;

use crate::{Error, PATIENCE, Store, within};

/// How far an undertaking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How much is done, of what there is to look at.
    pub done: u64,
    /// How much that is, at most.
    pub total: u64,
    /// To how many it has been done so far.
    pub count: u64,
}

/// Runs something that was begun, and keeps how far it has come, as it tells, until it has ended. What cannot be written
/// now is written with the next change.
pub async fn follow<T, Running: Future<Output = T>>(
    store: &Store,
    begun: AuditId,
    tenant: Option<&TenantId>,
    run: impl FnOnce(watch::Sender<Progress>) -> Running,
) -> T {
    let (telling, told) = watch::channel(Progress::default());
    // It owns `telling`, so that nothing is told any more once it has ended.
    let (done, ()) = tokio::join!(run(telling), keep(store, begun, tenant, told));
    done
}

async fn keep(
    store: &Store,
    begun: AuditId,
    tenant: Option<&TenantId>,
    mut told: watch::Receiver<Progress>,
) {
    while told.changed().await.is_ok() {
        let progress = *told.borrow_and_update();
        let written = async {
            let mut transaction = store.worker().await?;
            write(&mut transaction, begun, tenant, progress).await?;
            crate::commit(transaction).await
        };
        within(PATIENCE, written).await.ok();
    }
    let removed = async {
        let mut transaction = store.worker().await?;
        remove(&mut transaction, begun).await?;
        crate::commit(transaction).await
    };
    within(PATIENCE, removed).await.ok();
}

async fn write(
    connection: &mut PgConnection,
    begun: AuditId,
    tenant: Option<&TenantId>,
    progress: Progress,
) -> Result<(), Error> {
    let Progress { done, total, count } = progress;
    let [done, total, count] =
        [done, total, count].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    sqlx::query!(
        "insert into audit_progress (begun, tenant_id, done, total, count, at)
         values ($1, $2, $3, $4, $5, now())
         on conflict (begun) do update
         set done = excluded.done, total = excluded.total, count = excluded.count, at = excluded.at",
        begun.0,
        tenant.map(TenantId::as_str),
        done,
        total,
        count,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what is known of how far it has come, and what programs that are long gone have left.
async fn remove(connection: &mut PgConnection, begun: AuditId) -> Result<(), Error> {
    sqlx::query!(
        "delete from audit_progress where begun = $1 or at < now() - interval '90 days'",
        begun.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
