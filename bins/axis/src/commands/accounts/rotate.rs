//! `axis accounts rotate`

use accounts::Config;
use anyhow::bail;
use clap::Args;
use secrecy::SecretString;

use crate::audit::Operator;
use crate::commands::webhook::register::forgotten;
use crate::{Answer, Place};

/// Which account, and what of it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,

    /// A new access token of an administrator. Better given in the environment than on the command
    /// line, where others on this machine see it
    #[arg(
        long = "chatwoot-token",
        env = "CHATWOOT_API_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<SecretString>,

    /// Have Chatwoot sign with a new secret: the webhook is created anew
    #[arg(long, requires = "public_url")]
    webhook_secret: bool,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::receiver)]
    public_url: Option<String>,

    /// The key that the accounts are sealed under is lost: seal under the present one all the same
    #[arg(long)]
    another_key: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Replaces an account's secrets.
pub async fn run(arguments: Arguments, place: &Place) -> anyhow::Result<Answer> {
    let secret_for = arguments.public_url.as_deref().filter(|_| arguments.webhook_secret);
    if arguments.token.is_none() && secret_for.is_none() {
        bail!("say what to rotate: set CHATWOOT_API_TOKEN, or pass --webhook-secret, or both");
    }
    let accounts = place.accounts().await?.another_key(arguments.another_key);
    let account = accounts::find(accounts.list().await?, &arguments.account)?;
    let deed = arguments.operator.deed("accounts rotate");
    let token = arguments.token.as_ref();
    let rotated = accounts.rotate(account.id, token, secret_for, Some(&deed)).await?;
    let is_signed = rotated.webhook.as_ref().is_some_and(|webhook| webhook.new_secret);
    let what = match (rotated.token, &rotated.webhook) {
        (true, None) => "a new token is",
        (true, Some(_)) if is_signed => "a new token and a new webhook secret are",
        (false, _) if is_signed => "a new webhook secret is",
        // Its Chatwoot is too old to sign.
        (true, _) => "a new token and another webhook, which has no secret, are",
        (false, _) => "another webhook, which has no secret, is",
    };
    let forgotten = rotated.webhook.as_ref().map(forgotten).unwrap_or_default();
    let text = format!("account {}: {what} in use{forgotten}", account.chatwoot_account_id);
    Answer::new(text, &rotated)
}
