//! The index over the words of messages.

use sqlx::PgConnection;

use crate::Error;

/// Takes the words that new messages brought into their index; until then a search looks through all of
/// them. Gives back how many pages they had filled.
pub async fn take_in_words(connection: &mut PgConnection) -> Result<i64, Error> {
    let pages = sqlx::query_scalar!(r#"select axis_take_in_words() as "pages!""#);
    Ok(pages.fetch_one(connection).await?)
}
