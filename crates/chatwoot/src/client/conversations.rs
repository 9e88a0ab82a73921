//! Conversations, always by display id.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{CallError, Client, Verbatim, entries, expected};
use crate::json::int;
use crate::model::{Conversation, Priority, Status};

/// Which conversations to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationQuery {
    /// Page, from 1; meaningless with `updated_within`.
    pub page: Option<u32>,
    /// A status; `None` for all of them.
    pub status: Option<Status>,
    /// Order, such as `created_at_asc` (the steady one) or `last_activity_at_desc`.
    pub sort_by: Option<String>,
    /// Lists everything that changed within this many seconds, in one answer without pages.
    pub updated_within: Option<u64>,
}

/// A page of conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationPage {
    /// The conversations, 25 a page unless the installation says otherwise.
    pub conversations: Vec<Verbatim<Conversation>>,
    /// How many match in all, if Chatwoot says so.
    pub all_count: Option<i64>,
}

/// How long to snooze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snooze {
    /// Until the customer writes.
    UntilReply,
    /// Until a time.
    Until(DateTime<Utc>),
}

/// The id to assign, or `None` to remove the assignment. Chatwoot treats an unknown id as none, and does not say so.
pub type Assign = Option<i64>;

/// What is read of the answer to [`Client::update_last_seen`], which is a whole conversation.
#[derive(Deserialize)]
struct Seen {
    agent_last_seen_at: Option<i64>,
}

impl Client {
    /// One conversation, with the JSON it was read from.
    pub async fn conversation_verbatim(
        &self,
        id: i64,
    ) -> Result<Verbatim<Conversation>, CallError> {
        let request = self.request(Method::GET, &format!("conversations/{id}"));
        let (answer, held) = self.counted(request).await?;
        expected(Verbatim::read(answer, &held, Conversation::from_value))
    }

    /// A page of conversations, or everything updated within a time, with the JSON they were read from. Only an
    /// administrator's token sees all of them.
    pub async fn conversations_verbatim(
        &self,
        query: &ConversationQuery,
    ) -> Result<ConversationPage, CallError> {
        let status = query.status.as_ref().map_or("all", Status::as_str);
        let mut request = self.request(Method::GET, "conversations").query(&[("status", status)]);
        if let Some(page) = query.page {
            request = request.query(&[("page", page)]);
        }
        if let Some(order) = &query.sort_by {
            request = request.query(&[("sort_by", order)]);
        }
        if let Some(seconds) = query.updated_within {
            request = request.query(&[("updated_within", seconds)]);
        }
        let (answer, held) = self.counted(request).await?;
        let count = |path| answer.pointer(path).and_then(|count| int(&count.into()));
        let all_count = count("/data/meta/all_count").or_else(|| count("/meta/all_count"));
        let paths = ["/data/payload", "/payload"];
        let read = |value| Verbatim::read(value, &held, Conversation::from_value);
        let conversations = expected(entries(answer, &paths, read))?;
        Ok(ConversationPage { conversations, all_count })
    }

    /// Sets the status; `snooze` matters for [`Status::Snoozed`] only. Opening a conversation with the token of a mere
    /// agent also assigns it to that agent. A conversation that is already snoozed until a time stays so unless another
    /// time is given. Returns whether it is snoozed until a time now.
    pub async fn toggle_status(
        &self,
        id: i64,
        status: &Status,
        snooze: Snooze,
    ) -> Result<bool, CallError> {
        let mut body = json!({ "status": status.as_str() });
        if let (Status::Snoozed, Snooze::Until(time)) = (status, snooze) {
            body["snoozed_until"] = time.timestamp().into();
        }
        let request = self.request(Method::POST, &format!("conversations/{id}/toggle_status"));
        let answer = self.json(request.json(&body)).await?;
        Ok(answer.pointer("/payload/snoozed_until").is_some_and(|until| !until.is_null()))
    }

    /// Sets or removes the priority.
    pub async fn set_priority(&self, id: i64, to: Option<&Priority>) -> Result<(), CallError> {
        let body = json!({ "priority": to.map(Priority::as_str) });
        self.change(id, "toggle_priority", &body).await
    }

    /// Assigns an agent.
    pub async fn assign_agent(&self, id: i64, agent: Assign) -> Result<(), CallError> {
        self.change(id, "assignments", &json!({ "assignee_id": agent })).await
    }

    /// Assigns a team.
    pub async fn assign_team(&self, id: i64, team: Assign) -> Result<(), CallError> {
        self.change(id, "assignments", &json!({ "team_id": team })).await
    }

    /// Replaces the whole set of labels, and returns the set as stored.
    pub async fn set_labels(&self, id: i64, to: &[String]) -> Result<Vec<String>, CallError> {
        let request = self.request(Method::POST, &format!("conversations/{id}/labels"));
        labels(self.json(request.json(&json!({ "labels": to }))).await?)
    }

    /// Replaces all custom attributes.
    pub async fn set_custom_attributes(
        &self,
        id: i64,
        to: &Map<String, Value>,
    ) -> Result<(), CallError> {
        self.change(id, "custom_attributes", &json!({ "custom_attributes": to })).await
    }

    /// Shows the customer, or with `private` the colleagues, that somebody is typing. It comes back as a webhook.
    pub async fn toggle_typing(&self, id: i64, on: bool, private: bool) -> Result<(), CallError> {
        let status = if on { "on" } else { "off" };
        let body = json!({ "typing_status": status, "is_private": private });
        self.change(id, "toggle_typing_status", &body).await
    }

    /// Marks a conversation as seen by the token's owner. Returns when an agent has last seen it, as Chatwoot says then.
    pub async fn update_last_seen(&self, id: i64) -> Result<Option<DateTime<Utc>>, CallError> {
        let request = self.request(Method::POST, &format!("conversations/{id}/update_last_seen"));
        let seen = self.done_saying::<Seen>(request.json(&json!({}))).await?;
        let seconds = seen.and_then(|seen| seen.agent_last_seen_at);
        Ok(seconds.filter(|at| *at > 0).and_then(|at| DateTime::from_timestamp(at, 0)))
    }

    async fn change(&self, id: i64, action: &str, body: &Value) -> Result<(), CallError> {
        let request = self.request(Method::POST, &format!("conversations/{id}/{action}"));
        self.done(request.json(body)).await
    }
}

fn labels(answer: Value) -> Result<Vec<String>, CallError> {
    expected(entries(answer, &["/payload", ""], |label| match label {
        Value::String(label) => Some(label),
        _ => None,
    }))
}
