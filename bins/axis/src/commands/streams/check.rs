//! `axis streams check`

use bus::{Drift, streams};

use crate::{Answer, Place};

/// Compares the streams with their declarations.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let drift = streams::check(&place.bus().await?).await?;
    let text = if drift.is_empty() {
        "all streams are as declared".to_owned()
    } else {
        let mut lines: Vec<String> = drift.iter().map(ToString::to_string).collect();
        lines.push(format!("to put this right, {}", Drift::mends(&drift).join(", and ")));
        lines.join("\n")
    };
    Ok(Answer::new(text, &drift)?.succeeding_if(drift.is_empty()))
}
