//! Webhooks of a realistic size, each with numbers of its own.

use bytes::Bytes;
use chatwoot::sign;
use chrono::{DateTime, Utc};
use domain::EventId;
use events::{Envelope, Inbound, TraceParent};
use serde_json::{Value, json};
use testkit::Account;

use crate::stage::{SECRET, webhook_path};

/// Makes events of one account: customers of many conversations write in turn.
pub struct Events {
    account: Account,
    template: Value,
    conversations: i64,
    /// The lowest number of a conversation and of its contact.
    lowest: i64,
    next: i64,
    /// What the times in the bodies count from.
    since: DateTime<Utc>,
}

impl Events {
    /// Makes events of an account that has this many conversations.
    pub fn of(account: &Account, conversations: usize) -> Self {
        let example = chatwoot::examples().iter().find(|(name, _)| *name == "message_created");
        let template = example.and_then(|(_, body)| serde_json::from_str(body).ok());
        Self {
            account: account.clone(),
            template: template.unwrap_or_default(),
            conversations: conversations as i64,
            lowest: 1,
            next: 0,
            since: Utc::now(),
        }
    }

    /// Makes events of other messages, conversations and contacts than the first `count`.
    #[must_use]
    pub fn beyond(mut self, count: usize) -> Self {
        self.lowest += count as i64;
        self.next += count as i64;
        self
    }

    /// The number of the next message.
    pub fn next(&self) -> i64 {
        self.next
    }

    /// The next bodies.
    pub fn bodies(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.body()).collect()
    }

    /// The next events as requests to a receiver, ready to be sent.
    pub fn requests(&mut self, count: usize) -> Vec<Bytes> {
        let path = webhook_path(&self.account);
        (0..count).map(|_| request(&path, &self.body())).collect()
    }

    /// The next events as messages of `INBOUND`.
    pub fn envelopes(&mut self, count: usize) -> Vec<Envelope<Bytes>> {
        (0..count)
            .map(|_| {
                let body = Bytes::from(self.body());
                let inbound = Inbound {
                    id: EventId::of(self.account.key, &body, &[]),
                    account: self.account.key,
                    tenant: self.account.tenant.clone(),
                    event: "message_created".to_owned(),
                    received_at: Utc::now(),
                    delivery: None,
                    origin: "webhook".to_owned(),
                    trace: TraceParent::generate(),
                };
                inbound.envelope(body)
            })
            .collect()
    }

    fn body(&mut self) -> String {
        let number = self.next;
        self.next += 1;
        let conversation = number % self.conversations + self.lowest;
        let at = self.since + chrono::TimeDelta::milliseconds(number);
        // Nobody answers, so the customers wait since they first wrote.
        let first = self.since + chrono::TimeDelta::milliseconds(number % self.conversations);
        let (seconds, micros) = (at.timestamp(), at.timestamp_micros());
        let written = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let content = format!("Where is my order {number}?");
        let account = json!({ "id": self.account.number, "name": "Harbour Lane Books" });

        let mut body = self.template.clone();
        body["id"] = json!(number + 1);
        body["content"] = json!(content);
        body["created_at"] = json!(written);
        body["account"] = account.clone();
        body["sender"]["id"] = json!(conversation);
        body["sender"]["account"] = account.clone();
        let place = &mut body["conversation"];
        place["id"] = json!(conversation);
        place["account"] = account;
        place["meta"]["sender"]["id"] = json!(conversation);
        place["created_at"] = json!(self.since.timestamp());
        place["last_activity_at"] = json!(seconds);
        place["timestamp"] = json!(seconds);
        place["waiting_since"] = json!(first.timestamp());
        place["updated_at"] = json!(micros as f64 / 1e6);
        let nested = &mut place["messages"][0];
        nested["id"] = json!(number + 1);
        nested["content"] = json!(content);
        nested["account_id"] = json!(self.account.number);
        nested["conversation_id"] = json!(conversation);
        nested["created_at"] = json!(seconds);
        nested["updated_at"] = json!(written);
        nested["sender_id"] = json!(conversation);
        nested["sender"]["id"] = json!(conversation);
        body.to_string()
    }
}

fn request(path: &str, body: &str) -> Bytes {
    let at = Utc::now().timestamp().to_string();
    let signature = sign(SECRET.as_bytes(), &at, body.as_bytes());
    let delivery = uuid::Uuid::new_v4();
    Bytes::from(format!(
        "POST {path} HTTP/1.1\r\nhost: measure\r\nuser-agent: Ruby\r\naccept: application/json\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nx-chatwoot-delivery: {delivery}\r\n\
         x-chatwoot-timestamp: {at}\r\nx-chatwoot-signature: {signature}\r\n\r\n{body}",
        body.len()
    ))
}
