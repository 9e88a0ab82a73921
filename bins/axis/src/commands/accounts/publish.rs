//! `axis accounts publish`

use serde_json::json;

use crate::{Answer, Place};

/// Tells the receivers of all accounts again.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?;
    let published = accounts.publish_all().await?.len();
    let text = format!("the receivers know of {published} accounts");
    Answer::new(text, &json!({ "published": published }))
}
