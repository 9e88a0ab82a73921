//! What screens hear of a conversation whose reply its channel did not deliver (P6).

use chatwoot_sim::{Options, Sim};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use testkit::{Account, World};

use crate::support::delivery;
use crate::support::telling::{apply, heard};

/// An account whose events are applied as they happen.
struct Marked {
    world: World,
    account: Account,
    sim: Sim,
    conversation: i64,
    told: u64,
}

impl Marked {
    async fn start() -> Self {
        let world = World::start().await;
        let account = world.account("acme", 1).await;
        let sim = Sim::new(Options::default()).unwrap();
        let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
        Self { world, account, sim, conversation, told: 1 }
    }

    /// Tells what has happened, and gives back what was announced last: its kind, and whether the row says that a
    /// reply failed.
    async fn tell(&mut self, bodies: Vec<Value>) -> (String, bool) {
        let numbered = bodies.iter().zip(self.told..);
        let part = numbered.map(|(body, n)| delivery(&self.account, &body.to_string(), n));
        apply(&self.world.store, &self.world.bus, vec![part.collect()]).await;
        self.told += bodies.len() as u64;
        let last = heard(&self.world, &self.account).await.pop().unwrap();
        (last.activity.kind, last.subject.conversation.unwrap().reply_failed)
    }

    /// The bodies of one kind of what has happened.
    fn bodies(&self, event: &str) -> Vec<Value> {
        let bodies = self.sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
        bodies.filter(|body: &Value| body["event"] == event).collect()
    }

    async fn tell_all(&mut self, event: &str) -> (String, bool) {
        let bodies = self.bodies(event);
        self.tell(bodies).await
    }

    /// An agent's reply that its channel did not deliver.
    async fn failed(&mut self) -> i64 {
        let reply = self.sim.agent_writes(1, self.conversation, "On its way.").unwrap();
        assert_eq!(self.tell_all("message_created").await, ("message_created".to_owned(), false));
        let full = Some("the mailbox is full");
        self.sim.set_message_status(1, self.conversation, reply, "failed", full).unwrap();
        assert_eq!(self.tell_all("message_updated").await, ("message_failed".to_owned(), true));
        reply
    }
}

#[tokio::test]
async fn a_failed_delivery_and_its_end_are_told_with_the_row_that_they_mark() {
    let mut marked = Marked::start().await;
    let (sim, conversation) = (marked.sim.clone(), marked.conversation);
    let reply = marked.failed().await;
    // Somebody sends it again in Chatwoot.
    sim.forgetful_retry(1, conversation, reply).unwrap();
    assert!(!marked.tell_all("message_updated").await.1);

    let deleted = marked.failed().await;
    sim.customer_writes(1, conversation, "Hello?").unwrap();
    assert_eq!(marked.tell_all("message_created").await, ("message_created".to_owned(), true));
    sim.delete_message(1, conversation, deleted).unwrap();
    assert_eq!(marked.tell_all("message_updated").await, ("message_deleted".to_owned(), false));
}

#[tokio::test]
async fn the_reply_that_an_agent_writes_in_chatwoot_takes_the_mark_and_no_note_does() {
    let mut marked = Marked::start().await;
    marked.failed().await;
    let later = (Utc::now() + TimeDelta::minutes(1)).to_rfc3339();
    for (private, still) in [(true, true), (false, false)] {
        marked.sim.agent_writes(1, marked.conversation, "Did you get it?").unwrap();
        let mut body = marked.bodies("message_created").pop().unwrap();
        body["created_at"] = json!(later);
        body["private"] = json!(private);
        let last = body["conversation"]["messages"].as_array_mut().unwrap();
        last.clear();
        assert_eq!(marked.tell(vec![body]).await, ("message_created".to_owned(), still));
    }
}
