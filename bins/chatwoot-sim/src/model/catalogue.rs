//! Accounts and what they list: inboxes, users, teams, labels, canned responses, webhooks.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{DEFAULT_SUBSCRIPTIONS, SUBSCRIPTIONS};
use super::rows::{Account, Bot, CannedResponse, Inbox, Label, Role, Team, User, Webhook};
use super::{Denied, World};

/// Wanted fields of a webhook. `None` keeps the old value or takes the default.
#[derive(Debug, Default)]
pub(crate) struct WebhookChange {
    pub url: Option<String>,
    pub name: Option<String>,
    pub subscriptions: Option<Vec<String>>,
}

impl WebhookChange {
    fn check(&self) -> Result<(), Denied> {
        if let Some(url) = &self.url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return Err(Denied::invalid("Url is invalid", "url"));
        }
        let known = |name: &String| SUBSCRIPTIONS.contains(&name.as_str());
        if self.subscriptions.as_ref().is_some_and(|all| all.is_empty() || !all.iter().all(known)) {
            return Err(Denied::invalid("Subscriptions Invalid events", "subscriptions"));
        }
        Ok(())
    }
}

impl World {
    pub(crate) fn add_account(&mut self, id: Option<i64>, name: &str) -> Result<i64, Denied> {
        let id = id.unwrap_or_else(|| self.accounts.keys().last().map_or(1, |last| last + 1));
        if self.accounts.contains_key(&id) {
            return Err(Denied::invalid("Id has already been taken", "id"));
        }
        let account = Account {
            id,
            name: name.to_owned(),
            conversations: BTreeMap::new(),
            next_display_id: 1,
            teams: Vec::new(),
            labels: Vec::new(),
            canned_responses: Vec::new(),
            webhooks: Vec::new(),
        };
        self.accounts.insert(id, account);
        Ok(id)
    }

    pub(crate) fn add_user(&mut self, account: i64, name: &str, role: Role, token: String) -> i64 {
        let id = self.next_id();
        let first = name.split(' ').next().unwrap_or(name).to_lowercase();
        let email = format!("{first}@support.example");
        let name = name.to_owned();
        let availability = if role == Role::Administrator { "offline" } else { "online" };
        let user = User { id, account_id: account, name, email, role, token, availability };
        self.users.insert(id, user);
        id
    }

    pub(crate) fn add_bot(&mut self, account: i64, name: &str, token: String) -> i64 {
        let id = self.next_id();
        self.bots.insert(id, Bot { id, account_id: account, name: name.to_owned(), token });
        id
    }

    /// Adds an inbox. All present agents of the account become its members.
    pub(crate) fn add_inbox(&mut self, account: i64, name: &str, channel: &str) -> i64 {
        let id = self.next_id();
        let (name, channel) = (name.to_owned(), channel.to_owned());
        let members = self.agents_of(account);
        self.inboxes.insert(id, Inbox { id, account_id: account, name, channel, members });
        id
    }

    /// The account's agents, in the order of their list.
    pub(crate) fn agents_of(&self, account: i64) -> BTreeSet<i64> {
        let agents = self.users.values().filter(|user| user.account_id == account);
        agents.filter(|user| user.role == Role::Agent).map(|user| user.id).collect()
    }

    pub(crate) fn add_team(
        &mut self,
        account: i64,
        name: &str,
        description: &str,
    ) -> Result<i64, Denied> {
        let id = self.next_id();
        let members = self.agents_of(account);
        let (name, description) = (name.to_owned(), description.to_owned());
        self.account_mut(account)?.teams.push(Team { id, name, description, members });
        Ok(id)
    }

    pub(crate) fn add_label(
        &mut self,
        account: i64,
        title: &str,
        description: Option<String>,
        color: &str,
        show_on_sidebar: bool,
    ) -> Result<Label, Denied> {
        let id = self.next_id();
        let title = title.to_lowercase();
        let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if title.is_empty() || !title.chars().all(allowed) {
            return Err(Denied::invalid("Title is invalid", "title"));
        }
        let labels = &mut self.account_mut(account)?.labels;
        if labels.iter().any(|row| row.title == title) {
            return Err(Denied::invalid("Title has already been taken", "title"));
        }
        let label = Label { id, title, description, color: color.to_owned(), show_on_sidebar };
        labels.push(label.clone());
        Ok(label)
    }

    pub(crate) fn add_canned_response(
        &mut self,
        account: i64,
        short_code: &str,
        content: &str,
    ) -> Result<CannedResponse, Denied> {
        if short_code.is_empty() {
            return Err(Denied::invalid("Short code can't be blank", "short_code"));
        }
        if content.is_empty() {
            return Err(Denied::invalid("Content can't be blank", "content"));
        }
        let (id, created_at) = (self.next_id(), self.now());
        let rows = &mut self.account_mut(account)?.canned_responses;
        if rows.iter().any(|row| row.short_code == short_code) {
            return Err(Denied::invalid("Short code has already been taken", "short_code"));
        }
        let (short_code, content) = (short_code.to_owned(), content.to_owned());
        let row = CannedResponse { id, short_code, content, created_at };
        rows.push(row.clone());
        Ok(row)
    }

    pub(crate) fn add_webhook(
        &mut self,
        account: i64,
        wanted: WebhookChange,
    ) -> Result<Webhook, Denied> {
        wanted.check()?;
        let Some(url) = wanted.url else {
            return Err(Denied::invalid("Url is invalid", "url"));
        };
        let (id, secret) = (self.next_id(), self.token(24));
        let rows = &mut self.account_mut(account)?.webhooks;
        if rows.iter().any(|row| row.url == url) {
            return Err(Denied::invalid("Url has already been taken", "url"));
        }
        let subscriptions = wanted
            .subscriptions
            .unwrap_or_else(|| DEFAULT_SUBSCRIPTIONS.map(str::to_owned).to_vec());
        let webhook = Webhook { id, url, name: wanted.name, subscriptions, secret: Some(secret) };
        rows.push(webhook.clone());
        Ok(webhook)
    }

    pub(crate) fn change_webhook(
        &mut self,
        account: i64,
        id: i64,
        wanted: WebhookChange,
    ) -> Result<Webhook, Denied> {
        wanted.check()?;
        let rows = &mut self.account_mut(account)?.webhooks;
        if wanted.url.is_some()
            && rows.iter().any(|row| row.id != id && Some(&row.url) == wanted.url.as_ref())
        {
            return Err(Denied::invalid("Url has already been taken", "url"));
        }
        let row = rows.iter_mut().find(|row| row.id == id).ok_or(Denied::NotFound)?;
        if let Some(url) = wanted.url {
            row.url = url;
        }
        if let Some(subscriptions) = wanted.subscriptions {
            row.subscriptions = subscriptions;
        }
        row.name = wanted.name.or_else(|| row.name.take());
        Ok(row.clone())
    }

    pub(crate) fn remove_webhook(&mut self, account: i64, id: i64) -> Result<(), Denied> {
        let rows = &mut self.account_mut(account)?.webhooks;
        let before = rows.len();
        rows.retain(|row| row.id != id);
        if rows.len() == before { Err(Denied::NotFound) } else { Ok(()) }
    }
}
