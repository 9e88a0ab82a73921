//! Which transaction it is, and whether it has ended: whoever has lost the connection to it can ask on another one.

use sqlx::PgConnection;

use crate::Error;

/// The number of a transaction, which no other one on its server has. A copy of the server that takes its place may
/// give the numbers that it has not heard of to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionId(String);

impl TransactionId {
    /// The number of the transaction that a connection is in.
    pub async fn of(connection: &mut PgConnection) -> Result<Self, Error> {
        let id = sqlx::query_scalar!(r#"select pg_current_xact_id()::text as "id!""#);
        Ok(Self(id.fetch_one(connection).await?))
    }

    /// Whether the transaction has not ended, and so may yet be committed: its server may wait for a copy, or not know
    /// yet that its program has gone. What this program sees afterwards shows whether it was committed.
    pub async fn is_under_way(&self, connection: &mut PgConnection) -> Result<bool, Error> {
        let under_way = sqlx::query_scalar!(
            // The server refuses to tell anything of a number that it has not given to a transaction yet.
            r#"select coalesce(
                 case when $1::text::xid8 < pg_current_xact_id() then pg_xact_status($1::text::xid8)
                 end = 'in progress', false) as "under_way!""#,
            self.0
        );
        Ok(under_way.fetch_one(connection).await?)
    }
}
