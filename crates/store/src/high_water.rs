//! The number by which an older copy of the database is recognised: NATS knows the highest one that it had before a
//! call to Chatwoot. It is committed after what the call is about, so a copy that has the number has that too.

use sqlx::PgConnection;

use crate::Error;

/// The number; 0 if it was never raised.
pub async fn number(connection: &mut PgConnection) -> Result<i64, Error> {
    let number = sqlx::query_scalar!("select number from high_water").fetch_optional(connection);
    Ok(number.await?.unwrap_or_default())
}

/// Raises the number by one, which waits for whoever raises it at the same time. Returns `None`, and changes nothing, if
/// it is lower than `known`.
pub async fn raise(connection: &mut PgConnection, known: i64) -> Result<Option<i64>, Error> {
    let number = sqlx::query_scalar!(
        "insert into high_water as w (number)
         select 1 where $1::bigint <= 0 or exists (select from high_water)
         on conflict (single) do update set number = w.number + 1 where w.number >= $1
         returning number",
        known
    )
    .fetch_optional(connection)
    .await?;
    Ok(number)
}

/// Takes over `known` if the number was never raised and no command waits, as in a new database: then nothing can be
/// carried out a second time. Returns whether that was so.
pub async fn begin_at(connection: &mut PgConnection, known: i64) -> Result<bool, Error> {
    let done = sqlx::query!(
        "insert into high_water (number) select $1 where not exists (select from outbox)
         on conflict (single) do nothing",
        known
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Raises the number to `known` if it is lower: what an older copy of the database lacks was looked after.
pub async fn confirm(connection: &mut PgConnection, known: i64) -> Result<(), Error> {
    sqlx::query!(
        "insert into high_water as w (number) values ($1)
         on conflict (single) do update set number = greatest(w.number, excluded.number)",
        known
    )
    .execute(connection)
    .await?;
    Ok(())
}
