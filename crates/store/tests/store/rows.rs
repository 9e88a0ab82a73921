//! A conversation to read in, and how many rows that reads.

use domain::ConversationId;
use store::{Config, PgConnection};
use testkit::sqlx::{self, Connection as _};

/// Writes an open conversation, of the tenant `acme` and its only account.
pub async fn conversation(connection: &mut PgConnection, id: ConversationId) {
    let written = "with tenant as (insert into tenants (id, name) values ('acme', 'Acme') returning id),
           account as (insert into chatwoot_accounts
             (id, tenant_id, base_url, chatwoot_account_id, sealed_api_token)
             select gen_random_uuid(), id, 'https://chat.example.com', 1, '' from tenant
             returning id, tenant_id)
         insert into conversations (id, tenant_id, account_id, display_id, status, created_at,
           last_activity_at, activity_minute, version_at, version_step, version_digest)
         select $1, tenant_id, id, 1, 'open', now(), now(), axis_minute(now()), 1, 0, 0 from account";
    sqlx::query(written).bind(id.0).execute(connection).await.unwrap();
}

/// Has PostgreSQL count what the tables hold, as it does by itself after a while.
pub async fn analyze(config: &Config) {
    let url = secrecy::ExposeSecret::expose_secret(&config.database_url);
    let mut owner = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("analyze").execute(&mut owner).await.unwrap();
}

/// How many rows of a table the connection has read lately. What counts is by how much that grows within a transaction.
pub async fn read(connection: &mut PgConnection, table: &str) -> i64 {
    let read = "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
                from pg_stat_xact_user_tables where relname = $1";
    sqlx::query_scalar(read).bind(table).fetch_one(connection).await.unwrap()
}
