//! What agents do with a conversation besides writing, called from tests. It is always the
//! account's first agent who does it.

use std::time::Duration;

use serde_json::json;

use crate::actors::first_agent;
use crate::model::{Denied, Person, World};
use crate::sim::{Sim, SimError};

/// Whom a conversation is assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody.
    Nobody,
    /// An agent of the account, by the place in its list, from 0.
    Agent(usize),
    /// The account's first bot.
    Bot,
}

impl Sim {
    /// Sets the status.
    pub fn agent_sets_status(
        &self,
        account: i64,
        conversation: i64,
        status: &str,
    ) -> Result<(), SimError> {
        self.agent_does(account, |world, by| {
            world.set_status(account, conversation, by, Some(status), None)
        })
    }

    /// Snoozes the conversation for this long.
    pub fn agent_snoozes(
        &self,
        account: i64,
        conversation: i64,
        time: Duration,
    ) -> Result<(), SimError> {
        self.agent_does(account, |world, by| {
            let until = world.now() + time;
            world.set_status(account, conversation, by, Some("snoozed"), Some(until))
        })
    }

    /// Sets the priority, or removes it.
    pub fn agent_sets_priority(
        &self,
        account: i64,
        conversation: i64,
        priority: Option<&str>,
    ) -> Result<(), SimError> {
        self.agent_does(account, |world, by| {
            world.set_priority(account, conversation, by, priority)
        })
    }

    /// Assigns the conversation to somebody, or to nobody.
    pub fn agent_assigns(
        &self,
        account: i64,
        conversation: i64,
        assignee: Assignee,
    ) -> Result<(), SimError> {
        self.agent_does(account, |world, by| {
            match assignee {
                Assignee::Nobody => world.assign(account, conversation, by, None)?,
                Assignee::Agent(place) => {
                    let agents = world.agents_of(account);
                    let agent = agents.into_iter().nth(place).ok_or(Denied::NotFound)?;
                    world.assign(account, conversation, by, Some(agent))?
                }
                Assignee::Bot => {
                    let mut bots = world.bots.values();
                    let bot = bots.find(|bot| bot.account_id == account).map(|bot| bot.id);
                    let bot = bot.ok_or(Denied::NotFound)?;
                    world.assign_bot(account, conversation, by, Some(bot))?
                }
            };
            Ok(())
        })
    }

    /// Assigns the conversation to a team, by its place in the account's list, or to none.
    pub fn agent_assigns_team(
        &self,
        account: i64,
        conversation: i64,
        team: Option<usize>,
    ) -> Result<(), SimError> {
        self.agent_does(account, |world, by| {
            let teams = &world.account(account)?.teams;
            let team = team.and_then(|place| teams.get(place)).map(|team| team.id);
            world.assign_team(account, conversation, by, team).map(|_| ())
        })
    }

    /// Replaces the labels.
    pub fn agent_sets_labels(
        &self,
        account: i64,
        conversation: i64,
        labels: &[&str],
    ) -> Result<(), SimError> {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        self.agent_does(account, |world, by| world.set_labels(account, conversation, by, labels))
    }

    /// Replaces the conversation's custom attributes with this one.
    pub fn agent_describes(
        &self,
        account: i64,
        conversation: i64,
        attribute: &str,
        value: &str,
    ) -> Result<(), SimError> {
        let attributes = [(attribute.to_owned(), json!(value))].into_iter().collect();
        self.agent_does(account, |world, by| {
            world.set_custom_attributes(account, conversation, by, attributes)
        })
    }

    fn agent_does(
        &self,
        account: i64,
        work: impl FnOnce(&mut World, Option<Person>) -> Result<(), Denied>,
    ) -> Result<(), SimError> {
        self.act(|world| {
            let by = first_agent(world, account)?;
            work(world, Some(by))
        })
    }
}
