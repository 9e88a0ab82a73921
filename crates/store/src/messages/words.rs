//! The full-text index over messages.

use sqlx::PgConnection;

use crate::Error;

/// Merges the words of new messages into the index; until then each search scans all of them. Returns how many pages
/// they had filled.
pub async fn take_in_words(connection: &mut PgConnection) -> Result<i64, Error> {
    let pages = sqlx::query_scalar!(r#"select axis_take_in_words() as "pages!""#);
    Ok(pages.fetch_one(connection).await?)
}
