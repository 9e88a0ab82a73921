//! What may happen in Chatwoot, and what its webhooks and REST say of it.

use std::collections::HashSet;
use std::time::Duration;

use chatwoot_sim::{Options, Sim};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One thing that happens; the numbers choose whom and what.
#[derive(Debug, Clone)]
pub enum Step {
    /// A customer writes; a resolved or snoozed conversation is open again.
    CustomerWrites(Index),
    AgentWrites(Index),
    AgentNotes(Index),
    Status(Index, &'static str),
    Labels(Index, Vec<&'static str>),
    Rename(Index, String),
    Describe(Index, String),
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
    prop_oneof![
        4 => which().prop_map(Step::CustomerWrites),
        3 => which().prop_map(Step::AgentWrites),
        1 => which().prop_map(Step::AgentNotes),
        3 => (which(), status).prop_map(|(w, s)| Step::Status(w, s)),
        2 => (which(), labels).prop_map(|(w, l)| Step::Labels(w, l)),
        1 => (which(), "[A-Z][a-z]{2,8}").prop_map(|(w, n)| Step::Rename(w, n)),
        1 => (which(), "[a-z]{1,3}").prop_map(|(w, t)| Step::Describe(w, t)),
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
    number: usize,
}

impl Life {
    /// One in a stand-in that is not served: its bodies are taken with [`Sim::bodies`].
    pub fn untold() -> Self {
        Self::of(Sim::new(Options::default()).unwrap())
    }

    /// With a few conversations.
    pub fn of(sim: Sim) -> Self {
        let mut life = Self {
            sim,
            conversations: Vec::new(),
            messages: Vec::new(),
            closed: HashSet::new(),
            number: 0,
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
            Step::AgentWrites(w) => {
                let (place, text) = (place(w), format!("answer {number}"));
                self.messages.push((place, sim.agent_writes(1, place, &text).unwrap()));
            }
            Step::AgentNotes(w) => {
                let (place, text) = (place(w), format!("note {number}"));
                self.messages.push((place, sim.agent_notes(1, place, &text).unwrap()));
            }
            Step::Status(w, status) => sim.agent_sets_status(1, place(w), status).unwrap(),
            Step::Labels(w, labels) => sim.agent_sets_labels(1, place(w), labels).unwrap(),
            Step::Rename(w, name) => sim.rename_contact(1, self.contact(place(w)), name).unwrap(),
            Step::Describe(w, text) => {
                sim.describe_contact(1, self.contact(place(w)), "plan", text).unwrap();
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
                    sim.customer_answers(1, conversation, message, &number.to_string()).unwrap();
                }
            }
            Step::Report(w, status) => {
                let (conversation, message) = *w.get(&self.messages);
                let error = (*status == "failed").then_some("the provider said no");
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

    pub fn conversations(&self) -> &[i64] {
        &self.conversations
    }

    /// Time passes, at most so many milliseconds.
    pub fn pauses(&self, number: usize) {
        self.sim.advance(Duration::from_millis(u64::try_from(number * 337 % 2_500).unwrap()));
    }
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
