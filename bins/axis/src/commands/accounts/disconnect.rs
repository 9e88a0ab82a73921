//! `axis accounts disconnect`

use anyhow::bail;
use clap::Args;

use crate::audit::Operator;
use crate::{Answer, Place};

/// Which account.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,

    /// Confirm it: the account's token and webhook secrets are deleted, which cannot be undone
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Stops serving an account.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?;
    let account = accounts::find(accounts.list().await?, &arguments.account)?;
    if !arguments.yes {
        bail!(
            "account {} of {} will be disconnected, and its token and secrets deleted: pass \
             --yes to confirm",
            account.chatwoot_account_id,
            account.base_url
        );
    }
    let deed = arguments.operator.deed("accounts disconnect");
    let disconnected = accounts.disconnect(account.id, Some(&deed)).await?;
    let webhook = if disconnected.webhook_removed {
        "its webhook is gone from Chatwoot"
    } else {
        "its webhook could not be removed from Chatwoot: remove it there"
    };
    let text = format!("account {} is disconnected; {webhook}", account.chatwoot_account_id);
    Answer::new(text, &disconnected)
}
