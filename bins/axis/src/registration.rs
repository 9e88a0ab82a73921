//! Having Chatwoot call our receiver.
//!
//! Safe to repeat: a webhook that is as it should be stays as it is.

use anyhow::{Context as _, bail};
use bus::Bus;
use chatwoot::client::{RegisteredWebhook, SUBSCRIPTIONS, WebhookSettings};
use domain::{Sealed, SecretKey};
use events::Source;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use store::Store;
use store::accounts::Account;

use crate::{chatwoot_account, sources};

const NAME: &str = "AXIS-AFENDA";
/// The newest secret and the one before it, which deliveries under way may bear.
const SECRETS: usize = 2;

/// What a registration came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The webhook's id in Chatwoot.
    pub webhook_id: i64,
    /// Where it posts to.
    pub url: String,
    /// What was done in Chatwoot.
    pub change: Change,
    /// Whether Chatwoot signs with another secret than we knew.
    pub new_secret: bool,
    /// Other webhooks of the account that post to this account's address on another host: every
    /// event then comes twice, which costs time and does no harm.
    pub duplicates: Vec<String>,
}

/// What was done in Chatwoot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The webhook was made.
    Created,
    /// Its subscriptions were corrected.
    Updated,
    /// It was as it should be.
    Unchanged,
}

/// The path of an account's webhooks on any receiver.
pub fn path(account: &Account) -> String {
    format!("/api/v1/webhooks/chatwoot/{}", account.id.token())
}

/// Has Chatwoot call the receiver at `public_url`, keeps the secret, and tells the receivers.
pub async fn register(
    store: &Store,
    bus: &Bus,
    key: &SecretKey,
    account: &Account,
    public_url: &str,
) -> anyhow::Result<Registered> {
    let number = account.chatwoot_account_id;
    let client = chatwoot_account::client(account, key)?;
    let path = path(account);
    let url = format!("{}{path}", public_url.trim_end_matches('/'));
    let listed = client.list_webhooks().await;
    let listed = listed.map_err(|error| chatwoot_account::explained(error, number))?;
    let (ours, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|one| one.url == url);
    let duplicates = others.into_iter().map(|one| one.url).filter(|one| one.ends_with(&path));

    let settings = WebhookSettings {
        url: url.clone(),
        name: NAME.to_owned(),
        subscriptions: SUBSCRIPTIONS.map(str::to_owned).to_vec(),
    };
    let (webhook, change) = match ours.into_iter().next() {
        Some(webhook) if subscribes_to_all(&webhook) => (Ok(webhook), Change::Unchanged),
        Some(webhook) => (client.update_webhook(webhook.id, &settings).await, Change::Updated),
        None => (client.create_webhook(&settings).await, Change::Created),
    };
    let webhook = webhook.map_err(|error| chatwoot_account::explained(error, number))?;

    let (secrets, new_secret) = match &webhook.secret {
        Some(secret) => with_secret(key, &account.webhook_secrets, secret)?,
        None if account.allow_unsigned => (account.webhook_secrets.clone(), false),
        None => bail!(
            "this Chatwoot signs no webhooks (it is older than 4.11.2): update it, or accept \
             unsigned ones with `axis accounts add … --allow-unsigned`"
        ),
    };
    let mut transaction = store.worker().await?;
    store::accounts::set_webhook(&mut transaction, account.id, webhook.id, &secrets).await?;
    store::commit(transaction).await.context("keeping the webhook's secret")?;
    let known = Account { webhook_secrets: secrets, ..account.clone() };
    sources::publish(bus, &known).await?;
    Ok(Registered {
        webhook_id: webhook.id,
        url,
        change,
        new_secret,
        duplicates: duplicates.collect(),
    })
}

fn subscribes_to_all(webhook: &RegisteredWebhook) -> bool {
    webhook.subscriptions.len() == SUBSCRIPTIONS.len()
        && SUBSCRIPTIONS.iter().all(|name| webhook.subscriptions.iter().any(|one| one == name))
}

/// The secrets with this one first, and whether it is new.
fn with_secret(
    key: &SecretKey,
    known: &[Sealed],
    secret: &SecretString,
) -> anyhow::Result<(Vec<Sealed>, bool)> {
    let is_it = |sealed: &Sealed| {
        key.open(Source::SECRET_PURPOSE, sealed)
            .is_ok_and(|opened| opened.expose_secret() == secret.expose_secret())
    };
    if known.first().is_some_and(is_it) {
        return Ok((known.to_vec(), false));
    }
    let mut secrets = vec![key.seal(Source::SECRET_PURPOSE, secret)?];
    // What does not open, say under a key that was lost, is of no use any more.
    let opens = |sealed: &&Sealed| key.open(Source::SECRET_PURPOSE, sealed).is_ok();
    secrets.extend(known.iter().filter(opens).filter(|sealed| !is_it(sealed)).cloned());
    secrets.truncate(SECRETS);
    Ok((secrets, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_the_secret_before_and_a_repetition_changes_nothing() {
        let key: SecretKey = "5c".repeat(32).parse().unwrap();
        let opened = |secrets: &[Sealed]| -> Vec<String> {
            let open = |one| key.open(Source::SECRET_PURPOSE, one).unwrap();
            secrets.iter().map(|one| open(one).expose_secret().to_owned()).collect()
        };
        let add =
            |known: &[Sealed], secret: &str| with_secret(&key, known, &secret.into()).unwrap();
        let (first, new) = add(&[], "one");
        assert!(new);
        assert_eq!(add(&first, "one"), (first.clone(), false));
        let (second, new) = add(&first, "two");
        assert_eq!((opened(&second), new), (vec!["two".into(), "one".into()], true));
        let (third, _) = add(&second, "three");
        assert_eq!(opened(&third), ["three", "two"]);
        let (back, _) = add(&third, "two");
        assert_eq!(opened(&back), ["two", "three"]);
    }
}
