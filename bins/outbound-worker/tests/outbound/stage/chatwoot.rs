//! A Chatwoot with an account of a tenant's.

use chatwoot_sim::{Faults, RestFaults, Scope, Sim};
use serde_json::{Value, json};
use testkit::Account;

use super::Conversation;

/// What goes wrong with requests.
pub type Fault = fn(&mut RestFaults);

pub struct Chatwoot {
    pub sim: Sim,
    pub url: String,
    pub account: Account,
}

impl Chatwoot {
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// From now on this goes wrong with requests, and nothing else.
    pub fn fails(&self, set: impl FnOnce(&mut RestFaults)) {
        let mut faults = Faults::default();
        set(&mut faults.rest);
        self.sim.set_faults(faults).unwrap();
    }

    /// From now on this goes wrong with messages that are to be created, and nothing else.
    pub fn fails_to_create(&self, set: impl FnOnce(&mut RestFaults)) {
        self.fails(|rest| {
            rest.scope = Scope::MessageCreate;
            // Longer than workers wait for an answer.
            rest.timeout_ms = 30_000;
            set(rest);
        });
    }

    /// Takes messages and does nothing with them until [`Chatwoot::goes_on`].
    pub fn stalls(&self) {
        self.fails_to_create(|rest| rest.stall = true);
    }

    /// Does what it was asked for meanwhile, and all else.
    pub fn goes_on(&self) {
        self.sim.set_faults(Faults::default()).unwrap();
    }

    /// A customer writes for the first time; gives back the conversation's number.
    pub fn start_conversation(&self, text: &str) -> i64 {
        self.sim.start_conversation(self.account.number, text).unwrap().0
    }

    /// What agents wrote to the customer, oldest first, each with its marker.
    pub fn replies(&self, conversation: &Conversation) -> Vec<(String, Option<String>)> {
        let messages = self.sim().messages(self.account.number, conversation.number).unwrap();
        let outgoing = messages.iter().filter(|message| message["message_type"] == 1);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        outgoing
            .map(|m| (text(&m["content"]).unwrap(), text(&m["content_attributes"]["axis"]["op"])))
            .collect()
    }

    /// Somebody writes in Chatwoot itself with this token, and deletes it; gives back the message's number.
    pub async fn write_and_delete(
        &self,
        conversation: &Conversation,
        token: &str,
        private: bool,
    ) -> i64 {
        let path = format!("{}/api/v1/accounts/1/conversations/{}", self.url, conversation.number);
        let request = testkit::http().post(format!("{path}/messages"));
        let request = request.json(&json!({ "content": "Oops", "private": private }));
        let answer = request.header("api_access_token", token).send().await.unwrap();
        let written: Value = answer.json().await.unwrap();
        let id = written["id"].as_i64().unwrap();
        self.sim().delete_message(1, conversation.number, id).unwrap();
        id
    }

    pub fn texts(&self, conversation: &Conversation) -> Vec<String> {
        self.replies(conversation).into_iter().map(|(text, _)| text).collect()
    }
}
