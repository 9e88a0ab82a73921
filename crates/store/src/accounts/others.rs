//! How many accounts a tenant has, and how many it connects for the first time.

use sqlx::PgConnection;

use super::Account;
use crate::Error;
use crate::locks::Lock;

/// A tenant's accounts, apart from the one that is about to be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Others {
    /// How many are served; `None` if the account itself is served already.
    pub served: Option<i64>,
    /// How many were connected for the first time within the last day, whether they are still served or not; `None` if
    /// the account itself was connected before.
    pub lately: Option<i64>,
}

/// Counts the other accounts of this account's tenant. Anybody else who counts them waits until the transaction ends.
pub async fn count_others(
    connection: &mut PgConnection,
    account: &Account,
) -> Result<Others, Error> {
    Lock::Accounts.take(connection, account.tenant.as_str()).await?;
    let counted = sqlx::query!(
        r#"select count(*) filter (where disconnected_at is null) as "served!",
                  count(*) filter (where created_at > now() - interval '1 day') as "lately!",
                  coalesce(bool_or((base_url, chatwoot_account_id) = ($2, $3)), false) as "known!",
                  coalesce(bool_or((base_url, chatwoot_account_id) = ($2, $3)
                                   and disconnected_at is null), false) as "kept!"
           from chatwoot_accounts
           where tenant_id = $1"#,
        account.tenant.as_str(),
        account.base_url,
        account.chatwoot_account_id
    )
    .fetch_one(connection)
    .await?;
    Ok(Others {
        served: (!counted.kept).then_some(counted.served),
        lately: (!counted.known).then_some(counted.lately),
    })
}
