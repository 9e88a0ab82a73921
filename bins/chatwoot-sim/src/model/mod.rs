//! The state of the installation and everything that may happen to it.
//!
//! Operations change rows and note events; nothing here waits or sends. One lock around
//! [`World`] plays the database: an operation is a transaction.

mod catalogue;
mod contacts;
mod conversations;
mod events;
mod messages;
mod rows;

use std::collections::BTreeMap;

use chrono::{DurationRound as _, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) use catalogue::WebhookChange;
pub(crate) use contacts::NewContact;
pub(crate) use conversations::NewConversation;
pub(crate) use events::{Event, SUBSCRIPTIONS, Subject};
pub(crate) use messages::{NewAttachment, NewMessage};
pub(crate) use rows::{
    Account, Attachment, Bot, CannedResponse, Contact, ContactInbox, Conversation, Inbox, Json,
    Label, Message, MessageType, Person, Role, Team, Time, User, Webhook,
};

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    NotFound,
    /// A record did not validate: the sentence and the columns at fault.
    Invalid(String, Vec<&'static str>),
    /// Any other failure that made the controller give up, in its one sentence.
    Failed(String),
}

impl Denied {
    pub(crate) fn invalid(sentence: &str, attribute: &'static str) -> Self {
        Self::Invalid(sentence.to_owned(), vec![attribute])
    }
}

/// One whole installation.
#[derive(Debug)]
pub(crate) struct World {
    pub accounts: BTreeMap<i64, Account>,
    pub users: BTreeMap<i64, User>,
    pub bots: BTreeMap<i64, Bot>,
    pub inboxes: BTreeMap<i64, Inbox>,
    pub contacts: BTreeMap<i64, Contact>,
    pub contact_inboxes: BTreeMap<i64, ContactInbox>,
    /// Where attachments claim to live, without a slash at the end.
    pub base_url: String,
    /// What addresses of attachments are signed with. When it changes, earlier addresses are no longer valid.
    pub signing: u64,
    /// Most messages per conversation and minute, by all writers together.
    pub messages_per_minute: usize,
    /// Whether webhooks print texts as their channel gets them.
    pub renders: bool,
    /// Moves the clock, as while history is written.
    pub shift: TimeDelta,
    pub rng: StdRng,
    events: Vec<Event>,
    last_id: i64,
}

impl World {
    pub(crate) fn empty(seed: u64, base_url: &str, messages_per_minute: usize) -> Self {
        Self {
            accounts: BTreeMap::new(),
            users: BTreeMap::new(),
            bots: BTreeMap::new(),
            inboxes: BTreeMap::new(),
            contacts: BTreeMap::new(),
            contact_inboxes: BTreeMap::new(),
            base_url: base_url.to_owned(),
            signing: seed,
            messages_per_minute,
            renders: false,
            shift: TimeDelta::zero(),
            rng: StdRng::seed_from_u64(seed),
            events: Vec::new(),
            last_id: 0,
        }
    }

    /// The time in microseconds, as the database stores it.
    pub(crate) fn now(&self) -> Time {
        let now = Utc::now() + self.shift;
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Returns the next id. One sequence serves all tables: that ids are unique is all that anybody
    /// may rely on.
    pub(crate) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Random letters and digits, as Rails makes its tokens.
    pub(crate) fn token(&mut self, length: usize) -> String {
        let alphabet = rand::distr::Alphanumeric;
        (0..length).map(|_| char::from(self.rng.sample(alphabet))).collect()
    }

    /// Signs a text, as only this installation can.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(self.signing.to_be_bytes());
        digest.update(text);
        format!("{text}--{}", hex::encode(&digest.finalize()[..10]))
    }

    /// Returns the text that was signed, if the signature is ours.
    pub(crate) fn signed<'a>(&self, signed: &'a str) -> Option<&'a str> {
        let (text, _) = signed.rsplit_once("--")?;
        (self.sign(text) == signed).then_some(text)
    }

    pub(crate) fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid().to_string()
    }

    pub(crate) fn account(&self, id: i64) -> Result<&Account, Denied> {
        self.accounts.get(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn account_mut(&mut self, id: i64) -> Result<&mut Account, Denied> {
        self.accounts.get_mut(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn conversation(&self, account: i64, id: i64) -> Result<&Conversation, Denied> {
        self.account(account)?.conversations.get(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn conversation_mut(
        &mut self,
        account: i64,
        id: i64,
    ) -> Result<&mut Conversation, Denied> {
        self.account_mut(account)?.conversations.get_mut(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn message(
        &self,
        account: i64,
        conversation: i64,
        id: i64,
    ) -> Result<&Message, Denied> {
        self.conversation(account, conversation)?.messages.get(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn message_mut(
        &mut self,
        account: i64,
        conversation: i64,
        id: i64,
    ) -> Result<&mut Message, Denied> {
        self.conversation_mut(account, conversation)?.messages.get_mut(&id).ok_or(Denied::NotFound)
    }

    pub(crate) fn contact(&self, account: i64, id: i64) -> Result<&Contact, Denied> {
        self.contacts.get(&id).filter(|row| row.account_id == account).ok_or(Denied::NotFound)
    }

    pub(crate) fn inbox(&self, account: i64, id: i64) -> Result<&Inbox, Denied> {
        self.inboxes.get(&id).filter(|row| row.account_id == account).ok_or(Denied::NotFound)
    }

    /// The user, if it belongs to the account.
    pub(crate) fn user(&self, account: i64, id: i64) -> Option<&User> {
        self.users.get(&id).filter(|row| row.account_id == account)
    }

    /// Returns the name that an activity line shows.
    pub(crate) fn name_of(&self, person: Option<Person>) -> &str {
        match person {
            Some(Person::User(id)) => self.users.get(&id).map_or("", |row| &row.name),
            Some(Person::Bot(id)) => self.bots.get(&id).map_or("", |row| &row.name),
            Some(Person::Contact(id)) => self.contacts.get(&id).map_or("", |row| &row.name),
            None => "Automation System",
        }
    }

    pub(crate) fn note(
        &mut self,
        account: i64,
        name: &'static str,
        subject: Subject,
        changed: Option<Value>,
    ) {
        self.events.push(Event {
            account,
            name,
            subject,
            changed,
            held: std::time::Duration::ZERO,
        });
    }

    /// Takes what was noted since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}
