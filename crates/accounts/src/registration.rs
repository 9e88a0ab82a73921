//! Having Chatwoot call our receiver.
//!
//! Safe to repeat: a webhook that is as it should be stays as it is.

use chatwoot::client::{RegisteredWebhook, SUBSCRIPTIONS, WebhookSettings};
use domain::{AccountKey, SealError, Sealed, SecretKey};
use events::Source;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::json;
use store::PgConnection;
use store::accounts::Account;

use crate::{AccountError, Accounts, Deed, Trouble, deed};

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

/// How a webhook is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Chatwoot has it.
    pub registered: bool,
    /// Where it posts to.
    pub url: Option<String>,
    /// It subscribes to all events.
    pub complete: bool,
    /// Chatwoot signs with the secret that is known here.
    pub signed: bool,
}

impl Accounts {
    /// Has Chatwoot call the receiver at `public_url`, keeps the secret, and tells the receivers.
    pub async fn register(
        &self,
        id: AccountKey,
        public_url: &str,
        deed: Deed<'_>,
    ) -> Result<Registered, AccountError> {
        let (mut transaction, account) = self.hold(id).await?;
        let before = deed::shown(&mut transaction, &account).await?;
        let (registered, account) = self.registered(&mut transaction, account, public_url).await?;
        let details = json!({ "change": registered.change });
        deed::write(&mut transaction, deed, &account, before, details).await?;
        store::commit(transaction).await?;
        self.publish(id).await?;
        Ok(registered)
    }

    /// Registers the webhook of an account that is in hand, and keeps its secret.
    pub(crate) async fn registered(
        &self,
        connection: &mut PgConnection,
        account: Account,
        public_url: &str,
    ) -> Result<(Registered, Account), AccountError> {
        let number = account.chatwoot_account_id;
        let explained = |error| AccountError::of(error, number);
        let client = self.client(&account)?;
        let path = path(&account);
        let url = format!("{}{path}", public_url.trim_end_matches('/'));
        let listed = client.list_webhooks().await.map_err(explained)?;
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
        let webhook = webhook.map_err(explained)?;
        let (secrets, new_secret) = match &webhook.secret {
            Some(secret) => with_secret(&self.key, &account.webhook_secrets, secret)?,
            None if account.allow_unsigned => (account.webhook_secrets.clone(), false),
            None => return Err(Trouble::Unsigned.into()),
        };
        store::accounts::set_webhook(connection, account.id, webhook.id, &secrets).await?;
        let registered = Registered {
            webhook_id: webhook.id,
            url,
            change,
            new_secret,
            duplicates: duplicates.collect(),
        };
        let webhook_id = Some(webhook.id);
        Ok((registered, Account { webhook_id, webhook_secrets: secrets, ..account }))
    }

    /// Asks Chatwoot how the webhook is.
    pub async fn check(&self, id: AccountKey) -> Result<Checked, AccountError> {
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, id).await?;
        store::commit(transaction).await?;
        let account = account.ok_or_else(|| AccountError::NoAccount(id.to_string()))?;
        let listed = self.client(&account)?.list_webhooks().await;
        let listed =
            listed.map_err(|error| AccountError::of(error, account.chatwoot_account_id))?;
        let ours = listed.into_iter().find(|one| Some(one.id) == account.webhook_id);
        let signed = match (ours.as_ref().and_then(|one| one.secret.as_ref()), &account) {
            (Some(secret), account) => account
                .webhook_secrets
                .first()
                .is_some_and(|sealed| opens_to(&self.key, sealed, secret)),
            (None, account) => ours.is_some() && account.allow_unsigned,
        };
        Ok(Checked {
            registered: ours.is_some(),
            complete: ours.as_ref().is_some_and(subscribes_to_all),
            signed,
            url: ours.map(|one| one.url),
        })
    }
}

fn subscribes_to_all(webhook: &RegisteredWebhook) -> bool {
    webhook.subscriptions.len() == SUBSCRIPTIONS.len()
        && SUBSCRIPTIONS.iter().all(|name| webhook.subscriptions.iter().any(|one| one == name))
}

fn opens_to(key: &SecretKey, sealed: &Sealed, secret: &SecretString) -> bool {
    key.open(Source::SECRET_PURPOSE, sealed)
        .is_ok_and(|opened| opened.expose_secret() == secret.expose_secret())
}

/// The secrets with this one first, and whether it is new.
fn with_secret(
    key: &SecretKey,
    known: &[Sealed],
    secret: &SecretString,
) -> Result<(Vec<Sealed>, bool), SealError> {
    let is_it = |sealed: &Sealed| opens_to(key, sealed, secret);
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
