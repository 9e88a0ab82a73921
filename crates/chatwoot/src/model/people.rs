//! Accounts, inboxes, and the people and bots that write.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::Object;

/// A Chatwoot account. Ids are unique in one installation only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Account id.
    pub id: i64,
    /// Name; absent where only the id is known.
    pub name: Option<String>,
}

/// An inbox as it is nested in message bodies: without its channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inbox {
    /// Inbox id.
    pub id: i64,
    /// Name.
    pub name: Option<String>,
}

impl Inbox {
    pub(crate) fn read(object: &Object<'_>) -> Option<Self> {
        Some(Self { id: object.int("id")?, name: object.name("name") })
    }
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contact {
    /// Contact id.
    pub id: i64,
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Number in E.164 form.
    pub phone_number: Option<String>,
    /// The customer's id in another system.
    pub identifier: Option<String>,
    /// URL of a picture.
    pub thumbnail: Option<String>,
    /// Attributes set by Chatwoot and channels (city, social profiles).
    pub additional_attributes: Map<String, Value>,
    /// Attributes defined by the account.
    pub custom_attributes: Map<String, Value>,
    /// Whether the account blocked the customer; newer versions only.
    pub blocked: Option<bool>,
}

impl Contact {
    /// Reads any form of a contact; `None` without an id.
    pub fn from_value(value: &Value) -> Option<Self> {
        Self::read(Object::of(value)?)
    }

    pub(crate) fn read(mut object: Object<'_>) -> Option<Self> {
        Some(Self {
            id: object.int("id")?,
            name: object.name("name"),
            email: object.filled("email"),
            phone_number: object.filled("phone_number"),
            identifier: object.filled("identifier"),
            thumbnail: object.filled("thumbnail").or_else(|| object.filled("avatar")),
            additional_attributes: object.map("additional_attributes"),
            custom_attributes: object.map("custom_attributes"),
            blocked: object.boolean("blocked"),
        })
    }
}

/// Who wrote a message, or types. The three kinds count their ids separately.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// The customer.
    Contact(Contact),
    /// A person on our side.
    User {
        /// User id.
        id: i64,
        /// Full name.
        name: Option<String>,
        /// Mail address; not in every form.
        email: Option<String>,
        /// The name customers see; not in every form.
        available_name: Option<String>,
        /// URL of a picture; not in every form.
        avatar: Option<String>,
    },
    /// A bot on our side.
    AgentBot {
        /// Bot id.
        id: i64,
        /// Name.
        name: Option<String>,
    },
    /// A kind this version does not know (an assistant, say): to be shown as a bot, never as a
    /// person.
    Other {
        /// The kind as it was sent; empty if there was none.
        kind: String,
        /// Id among its kind.
        id: Option<i64>,
        /// Name.
        name: Option<String>,
    },
}

impl Sender {
    /// Reads a sender. `class` is the value of `sender_type` beside the object, if there is one.
    ///
    /// In webhook form a contact is the one without a `type`. It is recognised by its `account`, or in old versions by
    /// fields that only contacts have.
    pub(crate) fn read(object: Object<'_>, class: Option<&str>) -> Option<Self> {
        let kind = object.filled("type").or_else(|| class.map(str::to_owned));
        let id = object.int("id");
        match kind.as_deref() {
            Some("contact" | "Contact") => Contact::read(object).map(Self::Contact),
            Some("user" | "User") => Some(Self::User {
                id: id?,
                name: object.name("name"),
                email: object.filled("email"),
                available_name: object.name("available_name"),
                avatar: avatar(&object),
            }),
            Some("agent_bot" | "AgentBot") => {
                Some(Self::AgentBot { id: id?, name: object.name("name") })
            }
            None if is_contact(&object) => Contact::read(object).map(Self::Contact),
            _ => {
                Some(Self::Other { kind: kind.unwrap_or_default(), id, name: object.name("name") })
            }
        }
    }

    /// Id among its kind.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Contact(contact) => Some(contact.id),
            Self::User { id, .. } | Self::AgentBot { id, .. } => Some(*id),
            Self::Other { id, .. } => *id,
        }
    }

    /// The name to show: for a person on our side the one customers see, if it is known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Contact(contact) => contact.name.as_deref(),
            Self::User { name, available_name, .. } => {
                available_name.as_deref().or(name.as_deref())
            }
            Self::AgentBot { name, .. } | Self::Other { name, .. } => name.as_deref(),
        }
    }
}

fn is_contact(object: &Object<'_>) -> bool {
    ["account", "phone_number", "identifier"].iter().any(|key| object.has(key))
}

fn avatar(object: &Object<'_>) -> Option<String> {
    object.filled("avatar_url").or_else(|| object.filled("thumbnail"))
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Team {
    /// Team id.
    pub id: i64,
    /// Name.
    pub name: Option<String>,
}

impl Team {
    pub(crate) fn read(object: &Object<'_>) -> Option<Self> {
        Some(Self { id: object.int("id")?, name: object.name("name") })
    }
}

/// The kind of agent that a conversation is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssigneeKind {
    /// A person.
    User,
    /// A bot.
    AgentBot,
    /// A kind this version does not know: to be treated as a bot.
    Other(String),
}

/// The person or bot that a conversation is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignee {
    /// Person or bot; their ids are counted separately.
    pub kind: AssigneeKind,
    /// Id among its kind.
    pub id: i64,
    /// Full name.
    pub name: Option<String>,
    /// The name customers see.
    pub available_name: Option<String>,
    /// Mail address; REST only.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// `online`, `busy` or `offline`, at the time of the snapshot.
    pub availability: Option<String>,
}

impl Assignee {
    /// Reads an assignee. `class` is `meta.assignee_type`. REST prints persons without a type.
    pub(crate) fn read(object: &Object<'_>, class: Option<&str>) -> Option<Self> {
        let kind = match object.filled("type").as_deref().or(class) {
            None | Some("user" | "User") => AssigneeKind::User,
            Some("agent_bot" | "AgentBot") => AssigneeKind::AgentBot,
            Some(other) => AssigneeKind::Other(other.to_owned()),
        };
        Some(Self {
            kind,
            id: object.int("id")?,
            name: object.name("name"),
            available_name: object.name("available_name"),
            email: object.filled("email"),
            avatar: avatar(object),
            availability: object.filled("availability_status"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::LONGEST_NAME;

    #[test]
    fn of_a_name_that_nobody_reads_to_its_end_the_beginning_is_kept() {
        let longest = "ä".repeat(LONGEST_NAME);
        for (name, kept) in
            [("Robin", "Robin"), (&longest, &longest), (&format!("{longest}b"), &longest)]
        {
            let value = json!({ "id": 7, "name": name, "available_name": name });
            let read = || Object::of(&value).unwrap();
            let kept = Some(kept.to_owned());
            assert_eq!(Contact::read(read()).unwrap().name, kept);
            assert_eq!(Inbox::read(&read()).unwrap().name, kept);
            assert_eq!(Team::read(&read()).unwrap().name, kept);
            let assignee = Assignee::read(&read(), None).unwrap();
            assert_eq!((assignee.name, assignee.available_name), (kept.clone(), kept.clone()));
            for class in ["contact", "user", "agent_bot", "member"] {
                let sender = Sender::read(read(), Some(class)).unwrap();
                assert_eq!(sender.name(), kept.as_deref(), "{class}");
            }
        }
    }
}
