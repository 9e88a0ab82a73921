//! Conversations: making them, and the updates that leave activities and events.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::contacts::change;
use super::events::Subject;
use super::messages::NewMessage;
use super::rows::{Conversation, Json, MessageType, Person, Time};
use super::{Denied, World};
use crate::bodies::times::iso;

pub(crate) const STATUSES: [&str; 4] = ["open", "resolved", "pending", "snoozed"];
pub(crate) const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];

#[derive(Debug, Default)]
pub(crate) struct NewConversation {
    pub inbox_id: i64,
    pub contact_id: i64,
    pub source_id: Option<String>,
    pub status: Option<String>,
    pub assignee_id: Option<i64>,
    pub team_id: Option<i64>,
    pub snoozed_until: Option<Time>,
    pub additional_attributes: Json,
    pub custom_attributes: Json,
}

/// The columns whose change makes a `conversation_updated`.
#[derive(Clone)]
struct Watched {
    status: String,
    snoozed_until: Option<Time>,
    priority: Option<String>,
    assignee: Option<Person>,
    team_id: Option<i64>,
    labels: Vec<String>,
    custom_attributes: Json,
    waiting_since: Option<Time>,
    first_reply_created_at: Option<Time>,
}

impl Watched {
    fn of(row: &Conversation) -> Self {
        Self {
            status: row.status.clone(),
            snoozed_until: row.snoozed_until,
            priority: row.priority.clone(),
            assignee: row.assignee(),
            team_id: row.team_id,
            labels: row.labels.clone(),
            custom_attributes: row.custom_attributes.clone(),
            waiting_since: row.waiting_since,
            first_reply_created_at: row.first_reply_created_at,
        }
    }

    /// Returns the columns in their own form: enums as strings, times as ISO, ids as integers.
    fn columns(&self) -> [(&'static str, Value); 11] {
        let (user, bot) = numbers(self.assignee);
        [
            ("status", json!(self.status)),
            ("snoozed_until", json!(self.snoozed_until.map(iso))),
            ("priority", json!(self.priority)),
            ("assignee_id", json!(user)),
            ("assignee_agent_bot_id", json!(bot)),
            ("team_id", json!(self.team_id)),
            ("label_list", json!(self.labels)),
            ("cached_label_list", json!(self.labels.join(", "))),
            ("custom_attributes", json!(self.custom_attributes)),
            ("waiting_since", json!(self.waiting_since.map(iso))),
            ("first_reply_created_at", json!(self.first_reply_created_at.map(iso))),
        ]
    }
}

impl World {
    pub(crate) fn add_conversation(
        &mut self,
        account: i64,
        wanted: NewConversation,
    ) -> Result<i64, Denied> {
        self.inbox(account, wanted.inbox_id)?;
        self.contact(account, wanted.contact_id)?;
        let status = wanted.status.unwrap_or_else(|| "open".to_owned());
        check_status(&status)?;
        let contact_inbox_id =
            self.contact_inbox(wanted.contact_id, wanted.inbox_id, wanted.source_id);
        let (now, uuid) = (self.now(), self.uuid());
        let assignee_id = wanted.assignee_id.filter(|id| self.user(account, *id).is_some());
        let row = self.account_mut(account)?;
        let display_id = row.next_display_id;
        row.next_display_id += 1;
        let team_id = wanted.team_id.filter(|id| row.teams.iter().any(|team| team.id == *id));
        let conversation = Conversation {
            display_id,
            uuid,
            inbox_id: wanted.inbox_id,
            contact_id: wanted.contact_id,
            contact_inbox_id,
            status,
            priority: None,
            assignee_id,
            assignee_bot_id: None,
            team_id,
            labels: Vec::new(),
            additional_attributes: wanted.additional_attributes,
            custom_attributes: wanted.custom_attributes,
            snoozed_until: wanted.snoozed_until,
            first_reply_created_at: None,
            waiting_since: Some(now),
            agent_last_seen_at: None,
            contact_last_seen_at: None,
            last_activity_at: now,
            created_at: now,
            updated_at: now,
            messages: BTreeMap::new(),
        };
        row.conversations.insert(display_id, conversation);
        let subject = Subject::Conversation { id: display_id };
        self.note(account, "conversation_created", subject, None);
        Ok(display_id)
    }

    /// Saves a change. What differs afterwards becomes events and activities, as the callbacks of
    /// the original make them.
    pub(super) fn update(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        apply: impl FnOnce(&mut Conversation),
    ) -> Result<(), Denied> {
        let now = self.now();
        let row = self.conversation_mut(account, id)?;
        let before = Watched::of(row);
        apply(row);
        let after = Watched::of(row);
        let mut changes: Vec<Value> = before
            .columns()
            .iter()
            .zip(after.columns())
            .filter(|((_, old), (_, new))| old != new)
            .map(|((column, old), (_, new))| change(column, old, &new))
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        changes.push(change("updated_at", &json!(iso(row.updated_at)), &json!(iso(now))));
        row.updated_at = now;
        if before.status != after.status {
            let status = change("status", &json!(before.status), &json!(after.status));
            let subject = Subject::Conversation { id };
            self.note(account, "conversation_status_changed", subject, Some(json!([status])));
        }
        let subject = Subject::Conversation { id };
        self.note(account, "conversation_updated", subject, Some(json!(changes)));
        for line in self.activity_lines(account, by, &before, &after) {
            self.add_activity(account, id, line)?;
        }
        Ok(())
    }

    fn activity_lines(
        &self,
        account: i64,
        by: Option<Person>,
        before: &Watched,
        after: &Watched,
    ) -> Vec<String> {
        let who = self.name_of(by);
        let mut lines = Vec::new();
        if before.status != after.status {
            lines.push(match after.status.as_str() {
                "resolved" => format!("Conversation was marked resolved by {who}"),
                "snoozed" => format!("Conversation was snoozed by {who}"),
                "pending" => format!("Conversation was marked as pending by {who}"),
                _ => format!("Conversation was reopened by {who}"),
            });
        }
        if before.assignee != after.assignee {
            lines.push(match after.assignee {
                assignee @ Some(_) if by == assignee => {
                    format!("{who} self-assigned this conversation")
                }
                assignee @ Some(_) => format!("Assigned to {} by {who}", self.name_of(assignee)),
                None => format!("Conversation unassigned by {who}"),
            });
        }
        if before.team_id != after.team_id {
            let team = |id: Option<i64>| {
                let account = self.accounts.get(&account)?;
                account.teams.iter().find(|team| Some(team.id) == id).map(|team| &team.name)
            };
            lines.push(match (team(before.team_id), team(after.team_id)) {
                (_, Some(name)) => format!("Assigned to {name} by {who}"),
                (name, None) => {
                    format!("Unassigned from {} by {who}", name.map_or("team", String::as_str))
                }
            });
        }
        if before.priority != after.priority {
            lines.push(match (&before.priority, &after.priority) {
                (None, Some(new)) => format!("{who} set the priority to {new}"),
                (Some(old), Some(new)) => {
                    format!("{who} changed the priority from {old} to {new}")
                }
                _ => format!("{who} removed the priority"),
            });
        }
        let missing = |from: &[String], other: &[String]| -> String {
            let gone: Vec<_> = from.iter().filter(|name| !other.contains(name)).cloned().collect();
            gone.join(", ")
        };
        let added = missing(&after.labels, &before.labels);
        if !added.is_empty() {
            lines.push(format!("{who} added {added}"));
        }
        let removed = missing(&before.labels, &after.labels);
        if !removed.is_empty() {
            lines.push(format!("{who} removed {removed}"));
        }
        lines
    }

    fn add_activity(
        &mut self,
        account: i64,
        conversation: i64,
        line: String,
    ) -> Result<(), Denied> {
        let message = NewMessage { content: Some(line), ..NewMessage::of(MessageType::Activity) };
        self.add_message(account, conversation, message).map(|_| ())
    }

    /// Sets the status, or toggles it without one. An agent who opens a conversation takes it. If
    /// it is snoozed again without a time, it keeps the time that it has. If opening assigns, the
    /// second save makes Chatwoot forget what it had to report of the first.
    pub(crate) fn set_status(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        status: Option<&str>,
        snoozed_until: Option<Time>,
    ) -> Result<(), Denied> {
        let current = self.conversation(account, id)?.status.clone();
        let toggled = if current == "open" { "resolved" } else { "open" };
        let status = status.unwrap_or(toggled).to_owned();
        check_status(&status)?;
        let opens = status == "open";
        let told = self.events.len();
        self.update(account, id, by, |row| {
            let until = snoozed_until.or(row.snoozed_until);
            row.snoozed_until = until.filter(|_| status == "snoozed");
            row.status = status;
        })?;
        if let Some(Person::User(user)) = by
            && opens
            && self.users.get(&user).is_some_and(|row| row.role == super::Role::Agent)
            && self.conversation(account, id)?.assignee() != by
        {
            self.events.truncate(told);
            self.update(account, id, by, |row| give(row, Some(Person::User(user))))?;
        }
        Ok(())
    }

    pub(crate) fn set_priority(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        priority: Option<&str>,
    ) -> Result<(), Denied> {
        if let Some(name) = priority
            && !PRIORITIES.contains(&name)
        {
            return Err(Denied::Failed(format!("'{name}' is not a valid priority")));
        }
        self.update(account, id, by, |row| row.priority = priority.map(str::to_owned))
    }

    /// Assigns a user. An unknown user unassigns, and also unassigns a bot.
    pub(crate) fn assign(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        assignee: Option<i64>,
    ) -> Result<Option<i64>, Denied> {
        let assignee = assignee.filter(|user| self.user(account, *user).is_some());
        self.update(account, id, by, |row| give(row, assignee.map(Person::User)))?;
        Ok(assignee)
    }

    /// Assigns a bot. An unknown bot changes nothing.
    pub(crate) fn assign_bot(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        bot: Option<i64>,
    ) -> Result<Option<i64>, Denied> {
        let here = |bot: &i64| self.bots.get(bot).is_some_and(|row| row.account_id == account);
        let bot = bot.filter(here);
        if let Some(bot) = bot {
            self.update(account, id, by, |row| give(row, Some(Person::Bot(bot))))?;
        }
        Ok(bot)
    }

    /// Assigns a team. An unknown team unassigns. Whoever is not in another team than before is unassigned, and the first
    /// who is in it, and online, gets what nobody has.
    pub(crate) fn assign_team(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        team: Option<i64>,
    ) -> Result<Option<i64>, Denied> {
        let teams = &self.account(account)?.teams;
        let team = teams.iter().find(|row| Some(row.id) == team);
        let (team, members) = team.map(|row| (row.id, row.members.clone())).unzip();
        let row = self.conversation(account, id)?;
        let inbox = self.inboxes.get(&row.inbox_id).map(|inbox| &inbox.members);
        let is_free = |user: &&i64| {
            inbox.is_some_and(|inbox| inbox.contains(*user))
                && self.users.get(*user).is_some_and(|user| user.availability == "online")
        };
        let free = members.iter().flatten().find(is_free).copied();
        self.update(account, id, by, |row| {
            let changes = row.team_id != team;
            row.team_id = team;
            let Some(members) = members.filter(|_| changes) else { return };
            row.assignee_id = row.assignee_id.filter(|user| members.contains(user));
            if row.assignee_bot_id.is_none() {
                row.assignee_id = row.assignee_id.or(free);
            }
        })?;
        Ok(team)
    }

    /// Replaces the labels.
    pub(crate) fn set_labels(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        labels: Vec<String>,
    ) -> Result<(), Denied> {
        let mut unique: Vec<String> = Vec::with_capacity(labels.len());
        for label in labels {
            if !label.is_empty() && !unique.contains(&label) {
                unique.push(label);
            }
        }
        self.update(account, id, by, |row| row.labels = unique)
    }

    /// Replaces the custom attributes.
    pub(crate) fn set_custom_attributes(
        &mut self,
        account: i64,
        id: i64,
        by: Option<Person>,
        attributes: Json,
    ) -> Result<(), Denied> {
        self.update(account, id, by, |row| row.custom_attributes = attributes)
    }
}

/// Assigns a user or a bot, or nobody.
fn give(row: &mut Conversation, assignee: Option<Person>) {
    (row.assignee_id, row.assignee_bot_id) = numbers(assignee);
}

/// Returns the columns for an assignee: each kind has one of its own.
fn numbers(assignee: Option<Person>) -> (Option<i64>, Option<i64>) {
    match assignee {
        Some(Person::User(id)) => (Some(id), None),
        Some(Person::Bot(id)) => (None, Some(id)),
        Some(Person::Contact(_)) | None => (None, None),
    }
}

fn check_status(status: &str) -> Result<(), Denied> {
    if STATUSES.contains(&status) {
        return Ok(());
    }
    Err(Denied::Failed(format!("'{status}' is not a valid status")))
}
