//! The catalogue of an account: agents, teams, inboxes, labels, canned responses; and contacts.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{CallError, Client, Verbatim, entries, expected};
use crate::json::Object;
use crate::model::Contact;

/// A person on our side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// User id.
    pub id: i64,
    /// Full name.
    pub name: Option<String>,
    /// The name customers see.
    pub available_name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// `agent`, `administrator`, or a custom role.
    pub role: Option<String>,
    /// `online`, `busy` or `offline`.
    pub availability: Option<String>,
    /// Whether the invitation was accepted.
    pub confirmed: Option<bool>,
    /// URL of a picture.
    pub thumbnail: Option<String>,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Team {
    /// Team id.
    pub id: i64,
    /// Name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// An inbox with its channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inbox {
    /// Inbox id.
    pub id: i64,
    /// Name.
    pub name: Option<String>,
    /// `Channel::WebWidget`, `Channel::Whatsapp`, …
    pub channel_type: Option<String>,
}

/// A label that conversations can bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Label id.
    pub id: i64,
    /// Its text, which is also what conversations name it by.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// `#rrggbb`.
    pub color: Option<String>,
    /// Whether the dashboard lists it.
    pub show_on_sidebar: Option<bool>,
}

/// A label to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewLabel {
    /// Its text.
    pub title: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether the dashboard lists it.
    pub show_on_sidebar: bool,
}

/// A prepared answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CannedResponse {
    /// Its id.
    pub id: i64,
    /// What an agent types to get it; unique in the account.
    pub short_code: String,
    /// Text.
    pub content: String,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// The token's owner, without the secrets that Chatwoot prints beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// User id.
    pub id: i64,
    /// Full name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// The accounts that the user belongs to.
    pub accounts: Vec<Membership>,
}

/// A user's place in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Account id.
    pub id: i64,
    /// Name of the account.
    pub name: Option<String>,
    /// `agent`, `administrator`, or a custom role.
    pub role: Option<String>,
    /// `active` or `suspended`.
    pub status: Option<String>,
}

impl Profile {
    /// The user's role in an account. Returns `None` if they are not a member.
    pub fn role_in(&self, account_id: i64) -> Option<&str> {
        self.accounts.iter().find(|account| account.id == account_id)?.role.as_deref()
    }
}

impl Client {
    /// Every agent of the account.
    pub async fn list_agents(&self) -> Result<Vec<Agent>, CallError> {
        self.list("agents", |agent| {
            Some(Agent {
                id: agent.int("id")?,
                name: agent.name("name"),
                available_name: agent.name("available_name"),
                email: agent.filled("email"),
                role: agent.filled("role"),
                availability: agent.filled("availability_status"),
                confirmed: agent.boolean("confirmed"),
                thumbnail: agent.filled("thumbnail"),
            })
        })
        .await
    }

    /// Every team of the account.
    pub async fn list_teams(&self) -> Result<Vec<Team>, CallError> {
        self.list("teams", |team| {
            Some(Team {
                id: team.int("id")?,
                name: team.name("name"),
                description: team.filled("description"),
            })
        })
        .await
    }

    /// Every inbox that the token's owner sees.
    pub async fn list_inboxes(&self) -> Result<Vec<Inbox>, CallError> {
        self.list("inboxes", |inbox| {
            Some(Inbox {
                id: inbox.int("id")?,
                name: inbox.name("name"),
                channel_type: inbox.filled("channel_type"),
            })
        })
        .await
    }

    /// Every label of the account.
    pub async fn list_labels(&self) -> Result<Vec<Label>, CallError> {
        self.list("labels", |row| label(&row)).await
    }

    /// Every canned response of the account.
    pub async fn list_canned_responses(&self) -> Result<Vec<CannedResponse>, CallError> {
        self.list("canned_responses", |row| canned_response(&row)).await
    }

    /// Creates a label.
    pub async fn create_label(&self, new: &NewLabel) -> Result<Label, CallError> {
        let answer = self.json(self.request(Method::POST, "labels").json(new)).await?;
        expected(Object::of(&answer).as_ref().and_then(label))
    }

    /// Creates a canned response.
    pub async fn create_canned_response(
        &self,
        short_code: &str,
        content: &str,
    ) -> Result<CannedResponse, CallError> {
        let body = json!({ "short_code": short_code, "content": content });
        let request = self.request(Method::POST, "canned_responses").json(&body);
        expected(Object::of(&self.json(request).await?).as_ref().and_then(canned_response))
    }

    /// One contact, with the JSON it was read from.
    pub async fn contact_verbatim(&self, id: i64) -> Result<Verbatim<Contact>, CallError> {
        let request = self.request(Method::GET, &format!("contacts/{id}"));
        let (mut answer, held) = self.counted(request).await?;
        let contact = match answer.get_mut("payload") {
            Some(payload) => payload.take(),
            None => answer,
        };
        expected(Verbatim::read(contact, &held, Contact::from_value))
    }

    /// The token's owner. Tells whether the token is valid, and what it may do.
    pub async fn profile(&self) -> Result<Profile, CallError> {
        let answer = self.json(self.request_top(Method::GET, "profile")).await?;
        expected(Object::of(&answer).and_then(profile))
    }

    async fn list<T>(
        &self,
        path: &str,
        read: impl Fn(Object<'_>) -> Option<T>,
    ) -> Result<Vec<T>, CallError> {
        let answer = self.json(self.request(Method::GET, path)).await?;
        let read = |value: Value| read(Object::of(&value)?);
        expected(entries(answer, &["", "/payload"], read))
    }
}

fn label(label: &Object<'_>) -> Option<Label> {
    Some(Label {
        id: label.int("id")?,
        title: label.filled("title")?,
        description: label.filled("description"),
        color: label.filled("color"),
        show_on_sidebar: label.boolean("show_on_sidebar"),
    })
}

fn canned_response(response: &Object<'_>) -> Option<CannedResponse> {
    Some(CannedResponse {
        id: response.int("id")?,
        short_code: response.filled("short_code")?,
        content: response.text("content")?,
        updated_at: response.time("updated_at"),
    })
}

fn profile(mut user: Object<'_>) -> Option<Profile> {
    let accounts = user.list("accounts").into_iter().filter_map(Object::from_json);
    let accounts = accounts.filter_map(|account| {
        Some(Membership {
            id: account.int("id")?,
            name: name(&account),
            role: account.filled("role"),
            status: account.filled("status"),
        })
    });
    Some(Profile {
        accounts: accounts.collect(),
        id: user.int("id")?,
        name: name(&user),
        email: user.filled("email"),
    })
}

/// A name, cut to the length that anybody reads. A stranger's Chatwoot may answer anything, and the name is shown and
/// stored in many places.
fn name(named: &Object<'_>) -> Option<String> {
    const LONGEST: usize = 200;
    named.filled("name").map(|name| name.chars().take(LONGEST).collect())
}
