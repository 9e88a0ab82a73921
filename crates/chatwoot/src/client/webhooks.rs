//! The account's webhooks. An administrator's token is needed.

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use super::{CallError, Client, entries, expected};
use crate::json::Object;

/// The events to subscribe to: all that say something and arrive. Inbox events are left out, since Chatwoot fails while
/// sending them.
pub const SUBSCRIPTIONS: [&str; 10] = [
    "conversation_created",
    "conversation_updated",
    "conversation_status_changed",
    "message_created",
    "message_updated",
    "contact_created",
    "contact_updated",
    "webwidget_triggered",
    "conversation_typing_on",
    "conversation_typing_off",
];

/// A webhook as Chatwoot has it.
#[derive(Debug, Clone)]
pub struct RegisteredWebhook {
    /// Webhook id.
    pub id: i64,
    /// Where it posts to; unique in the account.
    pub url: String,
    /// Name, for people.
    pub name: Option<String>,
    /// Names of the events.
    pub subscriptions: Vec<String>,
    /// What deliveries are signed with; absent before Chatwoot 4.11.2.
    pub secret: Option<SecretString>,
}

/// A webhook as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookSettings {
    /// Where to post to, http or https.
    pub url: String,
    /// Name, for people.
    pub name: String,
    /// Names of the events; without them Chatwoot chooses some.
    pub subscriptions: Vec<String>,
}

impl Client {
    /// Every webhook of the account.
    pub async fn list_webhooks(&self) -> Result<Vec<RegisteredWebhook>, CallError> {
        let answer = self.json(self.request(Method::GET, "webhooks")).await?;
        let paths = ["/payload/webhooks", "/payload", ""];
        expected(entries(answer, &paths, |row| webhook(&row)))
    }

    /// Registers a webhook.
    pub async fn create_webhook(
        &self,
        settings: &WebhookSettings,
    ) -> Result<RegisteredWebhook, CallError> {
        let answer = self.json(self.request(Method::POST, "webhooks").json(settings)).await?;
        expected(only(&answer))
    }

    /// Changes a webhook; its secret stays.
    pub async fn update_webhook(
        &self,
        id: i64,
        settings: &WebhookSettings,
    ) -> Result<RegisteredWebhook, CallError> {
        let request = self.request(Method::PATCH, &format!("webhooks/{id}")).json(settings);
        expected(only(&self.json(request).await?))
    }

    /// Removes a webhook, and its secret with it.
    pub async fn delete_webhook(&self, id: i64) -> Result<(), CallError> {
        self.done(self.request(Method::DELETE, &format!("webhooks/{id}"))).await
    }
}

fn only(answer: &Value) -> Option<RegisteredWebhook> {
    let paths = ["/payload/webhook", "/payload", ""];
    let path = paths.iter().find(|path| answer.pointer(path).is_some_and(Value::is_object))?;
    webhook(answer.pointer(path)?)
}

fn webhook(value: &Value) -> Option<RegisteredWebhook> {
    let mut object = Object::of(value)?;
    Some(RegisteredWebhook {
        id: object.int("id")?,
        url: object.filled("url")?,
        name: object.filled("name"),
        subscriptions: object
            .list("subscriptions")
            .into_iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        secret: object.filled("secret").map(SecretString::from),
    })
}
