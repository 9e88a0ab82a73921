//! `axis migrate`

use serde_json::json;

use crate::place::advised;
use crate::{Answer, Place};

/// Brings the schema up to date.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    place.watched()?;
    let migrations = store::migrate(&place.store_config()?).await.map_err(advised)?;
    let text = format!("the schema is up to date: {migrations} migrations");
    Answer::new(text, &json!({ "migrations": migrations }))
}
