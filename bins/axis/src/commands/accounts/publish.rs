//! `axis accounts publish`

use serde_json::json;

use crate::{Answer, Place, sources};

/// Tells the receivers of all accounts again.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let (store, bus) = (place.store().await?, place.bus().await?);
    let published = sources::publish_all(&store, &bus).await?.len();
    let text = format!("the receivers know of {published} accounts");
    Answer::new(text, &json!({ "published": published }))
}
