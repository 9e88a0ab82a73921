//! Advisory locks. Each is held until its transaction ends, except that on the schema, which is held until its
//! connection does.
//!
//! Names of different kinds never collide: the kind is the seed with which PostgreSQL hashes a name. Programs of
//! different versions hold these locks side by side, so the number of a kind never changes.

use sqlx::PgConnection;

use crate::Error;

/// What a lock is held on.
#[derive(Debug, Clone, Copy)]
#[repr(i64)]
pub(crate) enum Lock {
    /// A conversation whose commands are being carried out.
    Conversation = 0,
    /// A request under an idempotency key.
    Request = 1,
    /// An account that is being changed.
    Account = 2,
    /// An account that is being published to the receivers.
    Source = 3,
    /// A tenant whose accounts are being counted, to add one.
    Accounts = 4,
    /// The schema, while it is being brought up to date.
    Schema = 5,
}

impl Lock {
    /// Takes the lock on `name`. Returns false if another transaction holds it.
    pub(crate) async fn try_take(
        self,
        connection: &mut PgConnection,
        name: &str,
    ) -> Result<bool, Error> {
        let taken = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended($1, $2)) as "got!""#,
            name,
            self.seed()
        )
        .fetch_one(connection)
        .await?;
        Ok(taken)
    }

    /// Takes the lock on `name`, waiting for the transaction that holds it.
    pub(crate) async fn take(self, connection: &mut PgConnection, name: &str) -> Result<(), Error> {
        sqlx::query!(
            r#"select pg_advisory_xact_lock(hashtextextended($1, $2)) as "held!: ()""#,
            name,
            self.seed()
        )
        .fetch_one(connection)
        .await?;
        Ok(())
    }

    /// The second argument of `hashtextextended`.
    pub(crate) const fn seed(self) -> i64 {
        self as i64
    }
}
