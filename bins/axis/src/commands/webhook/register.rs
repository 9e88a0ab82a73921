//! `axis webhook register`

use std::fmt::Write as _;

use accounts::{Change, Config, Registered};
use clap::Args;

use crate::audit::Operator;
use crate::{Answer, Place};

/// Whose webhook, and where it leads.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number in Chatwoot
    #[arg(long, value_name = "KEY or NUMBER")]
    account: String,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = Config::receiver)]
    public_url: String,

    /// The key that the accounts are sealed under is lost: seal under the present one all the same
    #[arg(long)]
    another_key: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Has Chatwoot call our receiver.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let accounts = place.accounts().await?.another_key(arguments.another_key);
    let account = accounts::find(accounts.list().await?, &arguments.account)?;
    let deed = arguments.operator.deed("webhook register");
    let registered = accounts.register(account.id, &arguments.public_url, Some(&deed)).await?;
    let done = match registered.change {
        Change::Created => "was created",
        Change::Updated => "was corrected",
        Change::Unchanged => "was as it should be",
    };
    let secret = if registered.new_secret { ", and its secret is stored" } else { "" };
    let mut text = format!(
        "webhook {} {done}{secret}: Chatwoot posts to {}{}\n",
        registered.webhook_id,
        registered.url,
        forgotten(&registered)
    );
    for url in &registered.duplicates {
        writeln!(text, "remove this one, which makes every event come twice: {url}")?;
    }
    Answer::new(text, &registered)
}

/// Says what was lost because the key is another one.
pub(crate) fn forgotten(registered: &Registered) -> String {
    match registered.forgotten_secrets {
        0 => String::new(),
        count => format!("; forgotten, since this key does not open them: {count} earlier secrets"),
    }
}
