//! Who asks, by token, and what they may do.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::fault_layer::EchoDelay;
use super::refusal::Refusal;
use crate::model::{Conversation, Person, Role, World};
use crate::sim::Sim;

/// A user or a bot of the account in the path.
#[derive(Debug, Clone)]
pub(crate) struct AnyCaller {
    pub account: i64,
    pub person: Person,
    pub role: Option<Role>,
    ids: HashMap<String, String>,
    echo_delay: Duration,
}

/// A user: bots are turned away.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub AnyCaller);

/// An administrator.
#[derive(Debug, Clone)]
pub(crate) struct Admin(pub AnyCaller);

impl AnyCaller {
    /// A number in the path. Text that is not a number finds no record.
    pub(crate) fn id(&self, name: &str) -> Result<i64, Refusal> {
        self.ids.get(name).and_then(|text| text.parse().ok()).ok_or(Refusal::NotFound)
    }

    /// The user's id, or zero for a bot.
    pub(crate) fn user_id(&self) -> i64 {
        match self.person {
            Person::User(id) => id,
            Person::Bot(_) | Person::Contact(_) => 0,
        }
    }

    /// Whether the caller sees a conversation: agents only those in inboxes they are members of,
    /// all others every one.
    pub(crate) fn sees(&self, world: &World, row: &Conversation) -> bool {
        let member = |id| world.inboxes.get(&row.inbox_id).is_some_and(|i| i.members.contains(&id));
        self.role != Some(Role::Agent) || member(self.user_id())
    }

    /// Returns the display id in the path, if the caller may see that conversation.
    pub(crate) fn conversation(&self, world: &World) -> Result<i64, Refusal> {
        let id = self.id("conversation")?;
        let row = world.conversation(self.account, id)?;
        if self.sees(world, row) { Ok(id) } else { Err(Refusal::NotAuthorized) }
    }

    /// Runs one transaction, whose webhooks come as late as a fault may ask.
    pub(crate) fn change<T>(
        &self,
        sim: &Sim,
        work: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        sim.change(self.echo_delay, work)
    }
}

/// Returns the token. Rails reads both spellings as one name.
fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("api_access_token").or_else(|| headers.get("api-access-token"))?;
    value.to_str().ok()
}

pub(crate) fn owner(world: &World, headers: &HeaderMap) -> Result<(Person, i64), Refusal> {
    let token = token(headers).ok_or(Refusal::InvalidToken)?;
    if let Some(user) = world.users.values().find(|user| user.token == token) {
        return Ok((Person::User(user.id), user.account_id));
    }
    let bot = world.bots.values().find(|bot| bot.token == token);
    bot.map(|bot| (Person::Bot(bot.id), bot.account_id)).ok_or(Refusal::InvalidToken)
}

impl FromRequestParts<Sim> for AnyCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Refusal> {
        let echo_delay = parts.extensions.get().map_or(Duration::ZERO, |EchoDelay(time)| *time);
        let ids = Path::<HashMap<String, String>>::from_request_parts(parts, sim).await;
        let Path(ids) = ids.map_err(|_| Refusal::NotFound)?;
        let account = ids.get("account").and_then(|text| text.parse().ok());
        let account: i64 = account.ok_or(Refusal::NotFound)?;
        let world = sim.world();
        let (person, home) = owner(&world, &parts.headers)?;
        if !world.accounts.contains_key(&account) {
            return Err(Refusal::NotFound);
        }
        if home != account {
            return Err(Refusal::WrongAccount);
        }
        let role = match person {
            Person::User(id) => world.users.get(&id).map(|user| user.role),
            Person::Bot(_) | Person::Contact(_) => None,
        };
        Ok(Self { account, person, role, ids, echo_delay })
    }
}

impl FromRequestParts<Sim> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Refusal> {
        let caller = AnyCaller::from_request_parts(parts, sim).await?;
        if caller.role.is_none() { Err(Refusal::NotForBots) } else { Ok(Self(caller)) }
    }
}

impl FromRequestParts<Sim> for Admin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Refusal> {
        let Caller(caller) = Caller::from_request_parts(parts, sim).await?;
        if caller.role == Some(Role::Administrator) {
            Ok(Self(caller))
        } else {
            Err(Refusal::NotAuthorized)
        }
    }
}
