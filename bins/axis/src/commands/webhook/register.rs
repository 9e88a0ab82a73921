//! `axis webhook register`

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::audit::Operator;
use crate::registration::{self, Change};
use crate::{Answer, Place, chatwoot_account};

/// Whose webhook, and where it leads.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number in Chatwoot
    #[arg(long, value_name = "KEY or NUMBER")]
    account: String,

    /// Scheme and host under which Chatwoot reaches the receiver, `https://axis.example.com`
    #[arg(long, env = "AXIS_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    public_url: String,

    #[command(flatten)]
    operator: Operator,
}

/// Refuses what Chatwoot could not call.
pub(crate) fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', ' ']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("give scheme and host, such as https://axis.example.com".to_owned()),
    }
}

/// Has Chatwoot call our receiver.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (key, store, bus) = (place.secret_key()?, place.store().await?, place.bus().await?);
    let accounts = store::accounts::list(&mut *store.worker().await?).await?;
    let account = chatwoot_account::find(accounts, &arguments.account)?;
    let registered =
        registration::register(&store, &bus, &key, &account, &arguments.public_url).await?;
    let details = json!({ "webhookId": registered.webhook_id, "change": registered.change });
    arguments.operator.acted(&store, "webhook register", &account, details).await?;
    let done = match registered.change {
        Change::Created => "was made",
        Change::Updated => "subscribes to all events now",
        Change::Unchanged => "was as it should be",
    };
    let secret = if registered.new_secret { ", and its secret is kept" } else { "" };
    let mut text = format!(
        "webhook {} {done}{secret}: Chatwoot posts to {}\n",
        registered.webhook_id, registered.url
    );
    for url in &registered.duplicates {
        writeln!(text, "remove this one, which makes every event come twice: {url}")?;
    }
    Answer::new(text, &registered)
}
