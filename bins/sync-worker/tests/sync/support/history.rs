//! What may happen in Chatwoot, and what its webhooks and REST say of it.

use std::collections::HashSet;
use std::time::Duration;

use chatwoot_sim::{Assignee, File, Options, Sim};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::truth::is_deleted;

/// One thing that happens; the numbers choose whom and what.
#[derive(Debug, Clone)]
pub enum Step {
    /// A customer writes; a resolved or snoozed conversation is open again.
    CustomerWrites(Index),
    CustomerSends(Index, &'static str),
    AgentWrites(Index),
    AgentNotes(Index),
    /// A greeting, a form.
    ChatwootWrites(Index),
    Status(Index, &'static str),
    /// For so many seconds.
    Snooze(Index, u64),
    Priority(Index, Option<&'static str>),
    Assign(Index, Assignee),
    Team(Index, Option<usize>),
    Labels(Index, Vec<&'static str>),
    /// The conversation itself.
    Attribute(Index, &'static str),
    Rename(Index, String),
    Describe(Index, String),
    Block(Index, bool),
    /// The newest message that is no note.
    Edit(Index),
    Delete(Index),
    Answer(Index),
    Report(Index, &'static str),
    Widget(Index),
    Type(Index, bool),
    Begin,
}

pub fn step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    let status = prop::sample::select(vec!["open", "resolved", "pending", "snoozed"]);
    let report = prop::sample::select(vec!["sent", "delivered", "read", "failed"]);
    let labels = prop::sample::subsequence(vec!["billing", "bug", "vip"], 0..=3);
    let file = prop::sample::select(vec!["image/png", "audio/ogg", "application/pdf"]);
    let seconds = prop::sample::select(vec![1, 5, 3_600]);
    let priority = prop::sample::select(vec![None, Some("low"), Some("high"), Some("urgent")]);
    let assignee = prop::sample::select(vec![
        Assignee::Nobody,
        Assignee::Agent(0),
        Assignee::Agent(2),
        Assignee::Bot,
    ]);
    let team = prop::sample::select(vec![None, Some(0), Some(1)]);
    let plan = prop::sample::select(vec!["basic", "gold"]);
    prop_oneof![
        4 => which().prop_map(Step::CustomerWrites),
        1 => (which(), file).prop_map(|(w, f)| Step::CustomerSends(w, f)),
        3 => which().prop_map(Step::AgentWrites),
        1 => which().prop_map(Step::AgentNotes),
        1 => which().prop_map(Step::ChatwootWrites),
        3 => (which(), status).prop_map(|(w, s)| Step::Status(w, s)),
        1 => (which(), seconds).prop_map(|(w, s)| Step::Snooze(w, s)),
        2 => (which(), priority).prop_map(|(w, p)| Step::Priority(w, p)),
        2 => (which(), assignee).prop_map(|(w, a)| Step::Assign(w, a)),
        2 => (which(), team).prop_map(|(w, t)| Step::Team(w, t)),
        1 => (which(), plan).prop_map(|(w, p)| Step::Attribute(w, p)),
        2 => which().prop_map(Step::Edit),
        2 => (which(), labels).prop_map(|(w, l)| Step::Labels(w, l)),
        1 => (which(), "[A-Z][a-z]{2,8}").prop_map(|(w, n)| Step::Rename(w, n)),
        1 => (which(), "[a-z]{1,3}").prop_map(|(w, t)| Step::Describe(w, t)),
        1 => (which(), any::<bool>()).prop_map(|(w, is)| Step::Block(w, is)),
        2 => which().prop_map(Step::Delete),
        1 => which().prop_map(Step::Answer),
        3 => (which(), report).prop_map(|(w, r)| Step::Report(w, r)),
        1 => which().prop_map(Step::Widget),
        1 => (which(), any::<bool>()).prop_map(|(w, on)| Step::Type(w, on)),
        1 => Just(Step::Begin),
    ]
}

/// An account in which things happen.
pub struct Life {
    pub sim: Sim,
    conversations: Vec<i64>,
    messages: Vec<(i64, i64)>,
    closed: HashSet<i64>,
    /// Messages whose attributes changed at a time that no body has.
    undated: HashSet<i64>,
    number: usize,
    /// Time passes here, so that what is snoozed for a moment opens.
    passes: bool,
}

impl Life {
    /// One in a stand-in that is not served: its bodies are taken with [`Sim::bodies`].
    pub fn untold() -> Self {
        Self { passes: true, ..Self::of(Sim::new(Options::default()).unwrap()) }
    }

    /// With a few conversations.
    pub fn of(sim: Sim) -> Self {
        let mut life = Self {
            sim,
            conversations: Vec::new(),
            messages: Vec::new(),
            closed: HashSet::new(),
            undated: HashSet::new(),
            number: 0,
            passes: false,
        };
        for _ in 0..3 {
            life.begin();
        }
        life
    }

    fn begin(&mut self) {
        let hello = format!("hello {}", self.conversations.len());
        let (conversation, message) = self.sim.start_conversation(1, &hello).unwrap();
        self.conversations.push(conversation);
        self.messages.push((conversation, message));
    }

    pub fn happens(&mut self, step: &Step) {
        self.number += 1;
        let (sim, number) = (self.sim.clone(), self.number);
        let place = |which: &Index| *which.get(&self.conversations);
        match step {
            Step::CustomerWrites(w) => {
                let (place, text) = (place(w), format!("question {number}"));
                self.messages.push((place, sim.customer_writes(1, place, &text).unwrap()));
            }
            Step::CustomerSends(w, kind) => {
                let (place, text) = (place(w), format!("look {number}"));
                let name = format!("{number}.{}", kind.rsplit('/').next().unwrap());
                let file = File { name, content_type: Some((*kind).to_owned()), size: 7 };
                let sent = sim.customer_sends(1, place, &text, vec![file]).unwrap();
                self.messages.push((place, sent));
            }
            Step::AgentWrites(w) => {
                let (place, text) = (place(w), format!("answer {number}"));
                self.messages.push((place, sim.agent_writes(1, place, &text).unwrap()));
            }
            Step::AgentNotes(w) => {
                let (place, text) = (place(w), format!("note {number}"));
                self.messages.push((place, sim.agent_notes(1, place, &text).unwrap()));
            }
            Step::ChatwootWrites(w) => {
                let (place, text) = (place(w), format!("greeting {number}"));
                self.messages.push((place, sim.chatwoot_writes(1, place, &text).unwrap()));
            }
            Step::Status(w, status) => sim.agent_sets_status(1, place(w), status).unwrap(),
            Step::Snooze(w, seconds) => {
                let seconds = if self.passes { *seconds } else { 3_600 };
                sim.agent_snoozes(1, place(w), Duration::from_secs(seconds)).unwrap();
            }
            Step::Priority(w, priority) => {
                sim.agent_sets_priority(1, place(w), *priority).unwrap();
            }
            Step::Assign(w, assignee) => sim.agent_assigns(1, place(w), *assignee).unwrap(),
            Step::Team(w, team) => sim.agent_assigns_team(1, place(w), *team).unwrap(),
            Step::Attribute(w, plan) => sim.agent_describes(1, place(w), "plan", plan).unwrap(),
            Step::Labels(w, labels) => sim.agent_sets_labels(1, place(w), labels).unwrap(),
            Step::Rename(w, name) => sim.rename_contact(1, self.contact(place(w)), name).unwrap(),
            Step::Describe(w, text) => {
                sim.describe_contact(1, self.contact(place(w)), "plan", text).unwrap();
            }
            Step::Block(w, is) => sim.block_contact(1, self.contact(place(w)), *is).unwrap(),
            Step::Edit(w) => {
                // Of two edits that no body dates, either may win: this one has its time in every body.
                let place = place(w);
                let newest = self.newest(place);
                if !is_deleted(&newest) {
                    let message = newest["id"].as_i64().unwrap();
                    sim.edit_message(1, place, message, &format!("edited {number}")).unwrap();
                }
            }
            Step::Delete(w) => {
                let (conversation, message) = *w.get(&self.messages);
                sim.delete_message(1, conversation, message).unwrap();
                self.closed.insert(message);
            }
            Step::Answer(w) => {
                let (conversation, message) = *w.get(&self.messages);
                // What is deleted asks nothing any more, and an answer stays.
                if self.closed.insert(message) {
                    self.described(conversation, message);
                    sim.customer_answers(1, conversation, message, &number.to_string()).unwrap();
                }
            }
            Step::Report(w, status) => {
                let (conversation, message) = *w.get(&self.messages);
                let error = (*status == "failed").then_some("the provider said no");
                if error.is_some() {
                    self.described(conversation, message);
                }
                sim.set_message_status(1, conversation, message, status, error).unwrap();
            }
            Step::Widget(w) => sim.widget_opened(1, place(w)).unwrap(),
            Step::Type(w, on) => sim.customer_types(1, place(w), *on).unwrap(),
            Step::Begin => self.begin(),
        }
    }

    fn contact(&self, conversation: i64) -> i64 {
        self.sim.contact_of(1, conversation).unwrap()["id"].as_i64().unwrap()
    }

    /// The message that every body of the conversation shows, with the time of its last change.
    fn newest(&self, conversation: i64) -> Value {
        let messages = self.sim.messages(1, conversation).unwrap().into_iter();
        let shown = |one: &Value| one["private"] == false && one["message_type"] != 2;
        messages.rev().find(shown).unwrap()
    }

    /// A message gets other attributes.
    fn described(&mut self, conversation: i64, message: i64) {
        if self.newest(conversation)["id"] != message {
            self.undated.insert(message);
        }
    }

    /// Whether it shows in every telling which attributes a message had last.
    pub fn is_dated(&self, message: i64) -> bool {
        !self.undated.contains(&message)
    }

    /// All of it has been read.
    pub fn is_known(&mut self) {
        self.undated.clear();
    }

    pub fn conversations(&self) -> &[i64] {
        &self.conversations
    }

    /// Time passes, at most so many milliseconds.
    pub fn pauses(&self, number: usize) {
        self.sim.advance(Duration::from_millis(u64::try_from(number * 337 % 2_500).unwrap()));
    }
}

/// The body that the reconciler would publish of the contact of a conversation.
pub fn contact_read(sim: &Sim, conversation: i64, found: impl Fn(i64) -> Value) -> String {
    let contact = sim.contact_of(1, conversation).unwrap();
    let found = found(contact["id"].as_i64().unwrap());
    json!({ "event": "reconciled_contact", "contact": contact, "found": found }).to_string()
}

/// The body that the reconciler would publish of a conversation and its messages. `found` says what
/// a row is like: of the conversation (with none), of a message.
pub fn conversation_read(
    sim: &Sim,
    conversation: i64,
    found: impl Fn(Option<i64>) -> Value,
) -> String {
    let told = |message: &Value| message["message_type"] != 2;
    let messages = sim.messages(1, conversation).unwrap().into_iter().filter(told);
    let messages: Vec<Value> = messages
        .map(|message| {
            let found = found(message["id"].as_i64());
            json!({ "message": message, "found": found, "delivery_over": 0 })
        })
        .collect();
    json!({
        "event": "reconciled_conversation",
        "conversation": sim.conversation(1, conversation).unwrap(),
        "found": found(None),
        "messages": messages,
    })
    .to_string()
}
