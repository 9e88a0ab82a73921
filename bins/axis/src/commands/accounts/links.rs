//! `axis accounts links`

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde_json::{Value, json};
use store::links::Link;

use crate::answer::table;
use crate::{Answer, Place};

/// Which account.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,
}

/// Lists whose own tokens are linked to an account, without the tokens.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let account = accounts::find(store::accounts::all(&store).await?, &arguments.account)?;
    let links = store::links::of_account(&mut *store.worker().await?, account.id).await?;
    let rows: Vec<_> = links.iter().map(row).collect();
    let value: Vec<Value> = links.iter().map(value).collect();
    Answer::new(table(["member", "user", "name", "linked", "refused"], &rows), &value)
}

fn row(link: &Link) -> [String; 5] {
    [
        link.member.clone(),
        link.user.to_string(),
        link.user_name.clone().unwrap_or_default(),
        told(link.linked_at),
        link.refused_at.map(told).unwrap_or_default(),
    ]
}

fn told(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn value(link: &Link) -> Value {
    json!({
        "member": link.member,
        "userId": link.user,
        "userName": link.user_name,
        "linkedAt": link.linked_at,
        "refusedAt": link.refused_at,
    })
}
