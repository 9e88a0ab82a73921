//! `axis accounts reseal`

use clap::Args;

use crate::audit::Operator;
use crate::{Answer, Place};

/// Who does it.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    operator: Operator,
}

/// Seals everything anew under the first of the keys.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?;
    let deed = arguments.operator.deed("accounts reseal");
    let done = accounts.reseal(Some(&deed)).await?;
    let mut text = format!(
        "sealed anew under the first key: {} tokens of accounts, {} webhook secrets, {} people's own tokens",
        done.tokens, done.webhook_secrets, done.own_tokens
    );
    if done.unopened > 0 {
        let left = format!("; {} open with none of the keys and stay as they are", done.unopened);
        text.push_str(&left);
    }
    Ok(Answer::new(text, &done)?.succeeding_if(done.unopened == 0))
}
