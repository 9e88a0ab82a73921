//! What administrators do, called from tests: they set up accounts, inboxes and webhooks.

use crate::model::{Denied, Role, WebhookChange};
use crate::seed;
use crate::sim::{Sim, SimError};

/// A registered webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredWebhook {
    /// Its id in REST.
    pub id: i64,
    /// The secret that its deliveries are signed with.
    pub secret: String,
}

impl Sim {
    /// Adds an account with people, inboxes and tokens ([`crate::admin_token`] and its siblings).
    /// Without an id it gets the next one.
    pub fn create_account(&self, id: Option<i64>, name: &str) -> Result<i64, SimError> {
        self.act(|world| seed::account(world, id, name))
    }

    /// Turns the account's administrators into agents of no inbox. Their tokens stay.
    pub fn demote_administrators(&self, account: i64) -> Result<(), SimError> {
        self.act(|world| {
            world.account(account)?;
            let users = world.users.values_mut().filter(|user| user.account_id == account);
            users.for_each(|user| user.role = Role::Agent);
            Ok(())
        })
    }

    /// Returns the account's first inbox of a channel, such as `Channel::Whatsapp`.
    pub fn inbox(&self, account: i64, channel: &str) -> Result<i64, SimError> {
        self.read(|world| {
            let mut all = world.inboxes.values();
            let found = all.find(|row| row.account_id == account && row.channel == channel);
            found.map(|row| row.id).ok_or(Denied::NotFound)
        })
    }

    /// Registers a webhook for these events. If there are none, for all events but those of inboxes.
    pub fn register_webhook(
        &self,
        account: i64,
        url: &str,
        events: &[&str],
    ) -> Result<RegisteredWebhook, SimError> {
        let mut subscriptions: Vec<String> = events.iter().map(|&name| name.to_owned()).collect();
        if subscriptions.is_empty() {
            subscriptions = seed::useful_subscriptions();
        }
        let wanted = WebhookChange {
            url: Some(url.to_owned()),
            subscriptions: Some(subscriptions),
            ..WebhookChange::default()
        };
        let row = self.act(|world| world.add_webhook(account, wanted))?;
        Ok(RegisteredWebhook { id: row.id, secret: row.secret.unwrap_or_default() })
    }

    /// Sets a webhook's secret. `None` makes it a webhook from before 4.11.2, whose deliveries have
    /// neither an id nor a signature. With an empty secret they have only an id.
    pub fn set_webhook_secret(
        &self,
        account: i64,
        webhook: i64,
        secret: Option<&str>,
    ) -> Result<(), SimError> {
        self.act(|world| {
            let rows = &mut world.account_mut(account)?.webhooks;
            let row = rows.iter_mut().find(|row| row.id == webhook).ok_or(Denied::NotFound)?;
            row.secret = secret.map(str::to_owned);
            Ok(())
        })
    }
}
