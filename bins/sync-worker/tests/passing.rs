//! What screens hear of a message that changes in passing: with whatever happens to its conversation its newest
//! message comes, and may be newer than all that was told of it (P6).

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use bus::Bus;
use chatwoot_sim::{Options, Sim};
use domain::{DeliveryState, Message};
use events::Announcement;
use serde_json::{Value, json};
use support::delivery;
use support::telling::{apply, heard};
use testkit::{Account, World};

/// An account of which a stand-in tells nothing by itself.
struct Passing {
    world: World,
    account: Account,
    sim: Sim,
    conversation: i64,
    heard: usize,
    told: u64,
}

impl Passing {
    async fn start() -> Self {
        let world = World::start().await;
        let account = world.account("acme", 1).await;
        let sim = Sim::new(Options::default()).unwrap();
        let (conversation, _) = sim.start_conversation(1, "Which size?").unwrap();
        Self { world, account, sim, conversation, heard: 0, told: 0 }
    }

    /// Tells a body, for the `attempt`-th time, and gives back what screens hear of it by this bus.
    async fn tell_by(&mut self, bus: &Bus, body: &Value, attempt: u64) -> Vec<Announcement> {
        self.told += 1;
        let mut delivery = delivery(&self.account, &body.to_string(), self.told);
        delivery.attempt = attempt;
        apply(&self.world.store, bus, vec![vec![delivery]]).await;
        let new = heard(&self.world, &self.account).await.split_off(self.heard);
        self.heard += new.len();
        new
    }

    async fn tell(&mut self, body: &Value) -> Vec<Announcement> {
        let bus = self.world.bus.clone();
        self.tell_by(&bus, body, 1).await
    }

    /// The bodies of what has happened.
    fn bodies(&self) -> Vec<Value> {
        self.sim.bodies().iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn tell_all(&mut self) {
        for body in self.bodies() {
            self.tell(&body).await;
        }
    }

    /// Something happens to the conversation: what its own body says.
    fn labelled(&self, labels: &[&str]) -> Value {
        self.sim.agent_sets_labels(1, self.conversation, labels).unwrap();
        self.bodies().into_iter().rfind(|body| body["event"] == "conversation_updated").unwrap()
    }
}

fn kinds(told: &[Announcement]) -> Vec<&str> {
    told.iter().map(|one| one.activity.kind.as_str()).collect()
}

/// The message that came with no line of its own.
fn retold(told: &[Announcement]) -> Message {
    let Announcement { activity, subject } = told.last().unwrap().clone();
    assert_eq!(activity.kind, "conversation_refreshed");
    let (place, message) = (subject.conversation.unwrap(), subject.message.unwrap());
    assert_eq!(place.id, message.conversation_id);
    message
}

#[tokio::test]
async fn a_message_that_changes_in_passing_is_told_and_one_that_does_not_is_not() {
    let mut passing = Passing::start().await;
    passing.tell_all().await;
    let (conversation, sim) = (passing.conversation, passing.sim.clone());
    let message = sim.messages(1, conversation).unwrap()[0]["id"].as_i64().unwrap();

    // The answer's own webhook is late.
    sim.customer_answers(1, conversation, message, "Large").unwrap();
    let late = passing.bodies().remove(0);
    let body = passing.labelled(&["vip"]);
    let told = passing.tell(&body).await;
    assert_eq!(kinds(&told)[0], "conversation_updated");
    let answer = &retold(&told).content_attributes["submitted_values"];
    assert_eq!(answer[0]["value"], "Large");
    assert_eq!(kinds(&passing.tell(&late).await), ["message_updated"]);

    // What is known of it is no news.
    let body = passing.labelled(&[]);
    assert_eq!(kinds(&passing.tell(&body).await), ["conversation_updated"]);
    let mut elsewhere = passing.labelled(&["vip"]);
    elsewhere["messages"][0]["updated_at"] = json!("2035-01-01T00:00:00.000Z");
    assert_eq!(kinds(&passing.tell(&elsewhere).await), ["conversation_updated"]);
}

#[tokio::test]
async fn how_far_a_message_got_is_told_though_nothing_else_of_it_is_new() {
    let mut passing = Passing::start().await;
    passing.sim.agent_writes(1, passing.conversation, "All of them.").unwrap();
    passing.tell_all().await;
    let mut body = passing.labelled(&["vip"]);
    assert_eq!(kinds(&passing.tell(&body).await), ["conversation_updated"]);
    body["messages"][0]["status"] = json!("read");
    assert_eq!(retold(&passing.tell(&body).await).state, Some(DeliveryState::Read));
}

/// Whoever had an event before may have died between the commit and the telling.
#[tokio::test]
async fn what_changed_in_passing_is_told_when_the_event_comes_again() {
    let mut passing = Passing::start().await;
    passing.tell_all().await;
    let (conversation, sim) = (passing.conversation, passing.sim.clone());
    let message = sim.messages(1, conversation).unwrap()[0]["id"].as_i64().unwrap();
    sim.delete_message(1, conversation, message).unwrap();
    let body = passing.labelled(&["vip"]);
    let nobody = World::start().await;
    assert_eq!(kinds(&passing.tell_by(&nobody.bus, &body, 1).await), [""; 0]);
    let bus = passing.world.bus.clone();
    assert!(retold(&passing.tell_by(&bus, &body, 2).await).deleted);
}
