//! Circuit breakers of accounts whose Chatwoot does not answer, shared by all workers. An account that answers has no
//! row.

use chrono::{DateTime, Utc};
use domain::AccountKey;
use sqlx::PgConnection;

use crate::Error;

/// The state of an account that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// The account.
    pub account: AccountKey,
    /// Calls in a row that were not answered.
    pub failures: i32,
    /// How often the breaker has opened since the account last answered.
    pub opened: i32,
    /// Whether calls pass.
    pub state: State,
}

/// Whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Calls pass.
    Closed,
    /// Calls do not pass until then.
    Open(DateTime<Utc>),
    /// One worker tries a call; the others wait for its outcome until then.
    Trial(DateTime<Utc>),
}

impl State {
    fn parts(self) -> (&'static str, Option<DateTime<Utc>>) {
        match self {
            Self::Closed => ("closed", None),
            Self::Open(until) => ("open", Some(until)),
            Self::Trial(until) => ("trial", Some(until)),
        }
    }

    fn of(name: &str, until: Option<DateTime<Utc>>) -> Result<Self, Error> {
        match (name, until) {
            ("closed", None) => Ok(Self::Closed),
            ("open", Some(until)) => Ok(Self::Open(until)),
            ("trial", Some(until)) => Ok(Self::Trial(until)),
            _ => Err(Error::Unreadable { table: "chatwoot_breakers", column: "state" }),
        }
    }
}

/// An account's breaker, `None` if it answers; and the database's time.
pub async fn get(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<(Option<Breaker>, DateTime<Utc>), Error> {
    let row = sqlx::query!(
        r#"select clock_timestamp() as "now!", b.failures as "failures?", b.opened as "opened?",
                  b.state as "state?", b.until as "until?"
           from (values ($1::uuid)) as wanted (account_id)
           left join chatwoot_breakers b using (account_id)"#,
        account.0
    )
    .fetch_one(connection)
    .await?;
    let known = match (row.failures, row.opened, row.state) {
        (Some(failures), Some(opened), Some(state)) => {
            let state = State::of(&state, row.until)?;
            Some(Breaker { account, failures, opened, state })
        }
        _ => None,
    };
    Ok((known, row.now))
}

/// As [`get`], but makes the row if there is none, and locks it until the transaction ends. Returns `None` if the
/// account is gone.
pub async fn lock(
    connection: &mut PgConnection,
    account: AccountKey,
) -> Result<Option<(Breaker, DateTime<Utc>)>, Error> {
    let row = sqlx::query!(
        r#"insert into chatwoot_breakers (account_id, tenant_id)
           select id, tenant_id from chatwoot_accounts where id = $1
           on conflict (account_id) do update set account_id = excluded.account_id
           returning failures, opened, state, until, clock_timestamp() as "now!""#,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let state = State::of(&row.state, row.until)?;
        let known = Breaker { account, failures: row.failures, opened: row.opened, state };
        Ok((known, row.now))
    })
    .transpose()
}

/// Saves a breaker whose row the transaction has locked.
pub async fn write(connection: &mut PgConnection, breaker: &Breaker) -> Result<(), Error> {
    let (state, until) = breaker.state.parts();
    sqlx::query!(
        "update chatwoot_breakers set failures = $2, opened = $3, state = $4, until = $5
         where account_id = $1",
        breaker.account.0,
        breaker.failures,
        breaker.opened,
        state,
        until
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes an account's breaker, since it answers again.
pub async fn remove(connection: &mut PgConnection, account: AccountKey) -> Result<(), Error> {
    sqlx::query!("delete from chatwoot_breakers where account_id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The breakers of all accounts that the transaction may see.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Breaker>, Error> {
    let rows = sqlx::query!(
        "select account_id, failures, opened, state, until
         from chatwoot_breakers order by account_id"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = State::of(&row.state, row.until)?;
            let account = AccountKey(row.account_id);
            Ok(Breaker { account, failures: row.failures, opened: row.opened, state })
        })
        .collect()
}
