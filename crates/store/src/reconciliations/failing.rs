//! Accounts that cannot be compared.

use std::time::Duration;

use sqlx::PgConnection;

use crate::Error;

/// How many accounts that are served have not been compared for longer than `lasting`, because every try has failed.
pub async fn count_failing(connection: &mut PgConnection, lasting: Duration) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from reconciliations r
           join chatwoot_accounts a on a.id = r.account_id
           where r.failing_since <= now() - make_interval(secs => $1)
             and a.disconnected_at is null"#,
        lasting.as_secs_f64()
    )
    .fetch_one(connection)
    .await?)
}
