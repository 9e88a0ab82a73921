//! `axis accounts list`

use serde_json::{Value, json};
use store::accounts::Account;

use crate::answer::table;
use crate::{Answer, Place};

/// Lists the accounts, without their tokens.
pub async fn run(place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let accounts = store::accounts::all(&store).await?;
    let headings = ["key", "tenant", "chatwoot", "account", "name", "webhook", "secrets"];
    let rows: Vec<_> = accounts.iter().map(row).collect();
    let value: Vec<Value> = accounts.iter().map(value).collect();
    Answer::new(table(headings, &rows), &value)
}

fn row(account: &Account) -> [String; 7] {
    let secrets = match account.webhook_secrets.len() {
        0 if account.allow_unsigned => "unsigned".to_owned(),
        count => count.to_string(),
    };
    [
        account.id.to_string(),
        account.tenant.to_string(),
        account.base_url.clone(),
        account.chatwoot_account_id.to_string(),
        account.name.clone().unwrap_or_default(),
        account.webhook_id.map_or("none".to_owned(), |id| id.to_string()),
        secrets,
    ]
}

fn value(account: &Account) -> Value {
    json!({
        "key": account.id,
        "tenant": account.tenant,
        "chatwootUrl": account.base_url,
        "screenUrl": account.screen_url,
        "chatwootAccountId": account.chatwoot_account_id,
        "name": account.name,
        "webhookId": account.webhook_id,
        "webhookSecrets": account.webhook_secrets.len(),
        "allowUnsigned": account.allow_unsigned,
    })
}
