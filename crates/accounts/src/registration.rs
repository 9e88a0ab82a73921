//! Registering webhooks, so that Chatwoot calls our receivers.
//!
//! Registering is safe to repeat: a webhook that is as it should be stays as it is. One that is replaced is removed
//! last, so at every moment one calls whose secret the receivers were told. A receiver that NATS does not reach at that
//! moment refuses the new one until it is told:
//!
//! ```text
//! rotate    the old one moved aside ─► another made ─┐
//! register  found, corrected or made ────────────────┴─► secret kept ─► receivers told ─► old ones removed
//! ```

use chatwoot::client::{CallError, Client, RegisteredWebhook, SUBSCRIPTIONS, WebhookSettings};
use domain::{AccountKey, Sealed, in_words};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::json;
use store::PgConnection;
use store::accounts::Account;

use crate::secrets::{opens, opens_to, with_secret};
use crate::{AccountError, Accounts, Deed, Trouble, deed};

const NAME: &str = "AXIS-AFENDA";
/// The path at which receivers listen.
pub(crate) const WEBHOOKS: &str = "/api/v1/webhooks/chatwoot";
/// The longest secret, in bytes; Chatwoot's own have 24. The secrets of all accounts have to fit into one bucket.
pub(crate) const LONGEST_SECRET: usize = 256;
/// What follows the address of a webhook that was moved aside. Receivers ignore it.
const ASIDE: &str = "?replaced=";

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The webhook's id in Chatwoot.
    pub webhook_id: i64,
    /// Where it posts to.
    pub url: String,
    /// What was done in Chatwoot.
    pub change: Change,
    /// Whether Chatwoot signs with a secret that we did not know.
    pub new_secret: bool,
    /// How many secrets were dropped because they do not open: receivers that open them have another key.
    pub forgotten_secrets: usize,
    /// The addresses of other webhooks that post to this account's path on another host. Every event then comes twice,
    /// which costs time and does no harm.
    pub duplicates: Vec<String>,
}

/// What was done in Chatwoot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The webhook was created.
    Created,
    /// Its address or its subscriptions were corrected.
    Updated,
    /// It was as it should be.
    Unchanged,
}

/// The path of an account's webhooks on any receiver.
pub fn path(account: &Account) -> String {
    format!("{WEBHOOKS}/{}", account.id.token())
}

/// The state of an account's webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub struct Checked {
    /// Chatwoot has the webhook.
    pub registered: bool,
    /// Where it posts to.
    pub url: Option<String>,
    /// It posts to the account's address, on the public host of the receivers if that is known.
    pub placed: bool,
    /// It subscribes to all events that we want, and to no other.
    pub complete: bool,
    /// Chatwoot signs with the secret that is known here.
    pub signed: bool,
    /// The addresses of other webhooks that post to the account's path too. Every event then comes more than once,
    /// which costs time and does no harm.
    pub duplicates: Vec<String>,
}

impl Checked {
    /// Whether nothing about the webhook keeps events from arriving.
    pub fn is_good(&self) -> bool {
        self.registered && self.placed && self.complete && self.signed
    }
}

/// The webhooks of an account that is held.
pub(crate) struct Webhooks {
    client: Client,
    number: i64,
    path: String,
    url: String,
    listed: Vec<RegisteredWebhook>,
    /// The ids of those that another one replaces.
    replaced: Vec<i64>,
}

impl Accounts {
    /// Registers the account's webhook at `public_url`, stores its secret, and tells the receivers.
    pub async fn register(
        &self,
        id: AccountKey,
        public_url: &str,
        deed: Deed<'_>,
    ) -> Result<Registered, AccountError> {
        let (mut transaction, account) = self.hold(id).await?;
        let done = self.register_held(&mut transaction, account, public_url, deed).await;
        let (registered, webhooks) = Self::let_go(transaction, done).await?;
        self.publish(id).await?;
        webhooks.remove_replaced().await;
        Ok(registered)
    }

    async fn register_held(
        &self,
        connection: &mut PgConnection,
        account: Account,
        public_url: &str,
        deed: Deed<'_>,
    ) -> Result<(Registered, Webhooks), AccountError> {
        self.require_secret(&account)?;
        let before = deed::shown(connection, &account).await?;
        let mut webhooks = self.webhooks(&account, public_url).await?;
        let (registered, account) = self.registered(connection, account, &mut webhooks).await?;
        let details = json!({ "change": registered.change });
        deed::write(connection, deed, &account, before, details).await?;
        Ok((registered, webhooks))
    }

    /// Whether the key opens any secret that the account's webhook is or was signed with.
    pub(crate) fn opens_secret(&self, account: &Account) -> bool {
        account.webhook_secrets.iter().any(|one| opens(&self.key, one))
    }

    /// Whether a webhook is signed with a secret that the account's webhook is or was signed with.
    pub(crate) fn knows_secret(&self, account: &Account, webhook: &RegisteredWebhook) -> bool {
        let opens_to_it = |secret| {
            account.webhook_secrets.iter().any(|sealed| opens_to(&self.key, sealed, secret))
        };
        webhook.secret.as_ref().is_some_and(opens_to_it)
    }

    /// Fails if receivers that open the account's webhook secrets could not open what is sealed now.
    pub(crate) fn require_secret(&self, account: &Account) -> Result<(), AccountError> {
        let is_new = account.webhook_secrets.is_empty();
        if self.another_key || is_new || self.opens_secret(account) {
            Ok(())
        } else {
            Err(AccountError::AnotherKey)
        }
    }

    /// Asks Chatwoot for an account's webhooks.
    pub(crate) async fn webhooks(
        &self,
        account: &Account,
        public_url: &str,
    ) -> Result<Webhooks, AccountError> {
        Webhooks::list(self.client(account)?, account, public_url).await
    }

    /// Registers the webhook of an account that is held, and stores its secret.
    pub(crate) async fn registered(
        &self,
        connection: &mut PgConnection,
        account: Account,
        webhooks: &mut Webhooks,
    ) -> Result<(Registered, Account), AccountError> {
        let (webhook, change) = webhooks.ensure(account.webhook_id).await?;
        let known = &account.webhook_secrets;
        let (secrets, new_secret) = match &webhook.secret {
            Some(secret) if secret.expose_secret().len() > LONGEST_SECRET => {
                return Err(Trouble::LongSecret.into());
            }
            Some(secret) => with_secret(&self.key, known, secret)?,
            None if account.allow_unsigned => (known.clone(), false),
            None => return Err(Trouble::Unsigned.into()),
        };
        let forgotten = |one: &&Sealed| !opens(&self.key, one) && !secrets.contains(one);
        let forgotten_secrets = known.iter().filter(forgotten).count();
        store::accounts::set_webhook(connection, account.id, webhook.id, &secrets).await?;
        let registered = Registered {
            webhook_id: webhook.id,
            url: webhooks.url.clone(),
            change,
            new_secret,
            forgotten_secrets,
            duplicates: webhooks.duplicates(webhook.id),
        };
        let webhook_id = Some(webhook.id);
        Ok((registered, Account { webhook_id, webhook_secrets: secrets, ..account }))
    }

    /// Asks Chatwoot for the state of the webhook. Without `public_url` its host is not checked.
    pub async fn check(
        &self,
        id: AccountKey,
        public_url: Option<&str>,
    ) -> Result<Checked, AccountError> {
        let mut transaction = self.store.worker().await?;
        let account = store::accounts::get(&mut transaction, id).await?;
        store::commit(transaction).await?;
        let account = account.ok_or_else(|| AccountError::NoAccount(id.to_string()))?;
        let webhooks = self.webhooks(&account, public_url.unwrap_or_default()).await?;
        let Some(ours) = webhooks.ours(account.webhook_id) else {
            let (url, duplicates) = (None, Vec::new());
            let [registered, placed, complete, signed] = [false; 4];
            return Ok(Checked { registered, url, placed, complete, signed, duplicates });
        };
        let placed = match public_url {
            Some(_) => ours.url == webhooks.url,
            None => ours.url.ends_with(&webhooks.path),
        };
        let signed = match (&ours.secret, account.webhook_secrets.first()) {
            (Some(secret), Some(sealed)) => opens_to(&self.key, sealed, secret),
            (Some(_), None) => false,
            (None, _) => account.allow_unsigned,
        };
        Ok(Checked {
            registered: true,
            url: Some(ours.url.clone()),
            placed,
            complete: subscribes_to_all(ours),
            signed,
            duplicates: webhooks.duplicates(ours.id),
        })
    }
}

impl Webhooks {
    /// Asks Chatwoot for them, with this client.
    pub(crate) async fn list(
        client: Client,
        account: &Account,
        public_url: &str,
    ) -> Result<Self, AccountError> {
        let (number, path) = (account.chatwoot_account_id, path(account));
        let listed = client.list_webhooks().await;
        let listed = listed.map_err(|error| AccountError::of_question(error, &client))?;
        let url = format!("{}{path}", public_url.trim_end_matches('/'));
        Ok(Self { client, number, path, url, listed, replaced: Vec::new() })
    }

    /// The webhook with the known id, or else one at the account's path on any host.
    fn ours(&self, known: Option<i64>) -> Option<&RegisteredWebhook> {
        let by_id = self.listed.iter().find(|one| Some(one.id) == known);
        by_id.or_else(|| self.listed.iter().find(|one| self.is_here(one)))
    }

    /// Whether it posts to the account's path, on any host, moved aside or not.
    fn is_here(&self, webhook: &RegisteredWebhook) -> bool {
        webhook.url.ends_with(&self.path) || self.is_aside(webhook)
    }

    fn is_aside(&self, webhook: &RegisteredWebhook) -> bool {
        webhook.url.split_once(ASIDE).is_some_and(|(url, _)| url.ends_with(&self.path))
    }

    /// Ensures that one webhook is at the account's address: the one that is there, the known one, or a new one.
    async fn ensure(
        &mut self,
        known: Option<i64>,
    ) -> Result<(RegisteredWebhook, Change), AccountError> {
        let is_known =
            |one: &&RegisteredWebhook| Some(one.id) == known && !self.replaced.contains(&one.id);
        let there = self.listed.iter().find(|one| one.url == self.url);
        let (webhook, change) = match there.or_else(|| self.listed.iter().find(is_known)) {
            Some(webhook) if webhook.url == self.url && subscribes_to_all(webhook) => {
                (Ok(webhook.clone()), Change::Unchanged)
            }
            Some(webhook) => {
                let settings = settings(self.url.clone());
                (self.client.update_webhook(webhook.id, &settings).await, Change::Updated)
            }
            None => {
                (self.client.create_webhook(&settings(self.url.clone())).await, Change::Created)
            }
        };
        let webhook = webhook.map_err(|error| AccountError::of(error, self.number))?;
        // Those that an earlier rotation left.
        let left = self.listed.iter().filter(|one| self.is_aside(one)).map(|one| one.id);
        self.replaced.extend(left.collect::<Vec<_>>());
        self.replaced.retain(|id| *id != webhook.id);
        self.replaced.sort_unstable();
        self.replaced.dedup();
        Ok((webhook, change))
    }

    /// Frees the account's address for another webhook, which replaces the known one too, wherever that is. One that is
    /// there goes on calling, under its own secret. It need not be the known one: a restored database knows the secret
    /// alone. One whose secret is not known stays: it is another one already.
    pub(crate) async fn move_aside(
        &mut self,
        known: Option<i64>,
        is_secret_known: impl Fn(&RegisteredWebhook) -> bool,
    ) -> Result<(), AccountError> {
        self.replaced.extend(known);
        let is_old = |one: &RegisteredWebhook| Some(one.id) == known || is_secret_known(one);
        let there = self.listed.iter_mut().filter(|one| one.url == self.url);
        for webhook in there.filter(|one| is_old(one)) {
            let settings = settings(format!("{}{ASIDE}{}", self.url, webhook.id));
            let moved = self.client.update_webhook(webhook.id, &settings).await;
            *webhook = moved.map_err(|error| AccountError::of(error, self.number))?;
        }
        Ok(())
    }

    /// The addresses of webhooks at the account's path, except this one and those that will be removed.
    fn duplicates(&self, kept: i64) -> Vec<String> {
        let others = self.listed.iter().filter(|one| one.id != kept && self.is_here(one));
        let stay = others.filter(|one| !self.replaced.contains(&one.id));
        stay.map(|one| one.url.clone()).collect()
    }

    /// Removes those that another one has replaced. One that stays makes events come twice, until the next
    /// registration.
    pub(crate) async fn remove_replaced(self) {
        for id in self.replaced {
            remove(&self.client, id).await;
        }
    }

    /// Removes the known one, and any other at the account's path. Returns false if one stays.
    pub(crate) async fn remove_all(self, known: Option<i64>) -> bool {
        let mut gone = true;
        for one in self.listed.iter().filter(|one| Some(one.id) == known || self.is_here(one)) {
            gone &= remove(&self.client, one.id).await;
        }
        gone
    }
}

/// Removes a webhook. Returns false if it stays.
async fn remove(client: &Client, webhook: i64) -> bool {
    match client.delete_webhook(webhook).await {
        Ok(()) | Err(CallError::NotFound) => true,
        Err(error) => {
            tracing::warn!(
                error = in_words(&error),
                webhook.id = webhook,
                "cannot remove a webhook from Chatwoot"
            );
            false
        }
    }
}

fn settings(url: String) -> WebhookSettings {
    let subscriptions = SUBSCRIPTIONS.map(str::to_owned).to_vec();
    WebhookSettings { url, name: NAME.to_owned(), subscriptions }
}

fn subscribes_to_all(webhook: &RegisteredWebhook) -> bool {
    webhook.subscriptions.len() == SUBSCRIPTIONS.len()
        && SUBSCRIPTIONS.iter().all(|name| webhook.subscriptions.iter().any(|one| one == name))
}
