//! What screens hear of a message or a contact that changes in passing: with whatever happens to a conversation its newest
//! message and its contact come, and may be newer than all that was told of them (P6).

use crate::support::telling::{apply, heard};
use crate::support::{delivery, execute};
use bus::{Bus, Delivery};
use chatwoot_sim::{Customer, Options, Sim};
use domain::{ContactId, DeliveryState, Message};
use events::Announcement;
use serde_json::{Value, json};
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
        Self { world, account, sim, conversation, heard: 0, told: 1 }
    }

    /// Tells bodies at once, for the `attempt`-th time and to this bus, and gives back what screens hear of them.
    async fn tell_to(&mut self, bus: &Bus, bodies: &[&Value], attempt: u64) -> Vec<Announcement> {
        let numbered = bodies.iter().zip(self.told..);
        let part = numbered
            .map(|(body, number)| delivery(&self.account, &body.to_string(), number))
            .map(|delivery| Delivery { attempt, ..delivery });
        apply(&self.world.store, bus, vec![part.collect()]).await;
        self.told += bodies.len() as u64;
        let new = heard(&self.world, &self.account).await.split_off(self.heard);
        self.heard += new.len();
        new
    }

    async fn tell(&mut self, bodies: &[&Value]) -> Vec<Announcement> {
        let bus = self.world.bus.clone();
        self.tell_to(&bus, bodies, 1).await
    }

    /// The bodies of what has happened.
    fn bodies(&self) -> Vec<Value> {
        self.sim.bodies().iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn tell_all(&mut self) {
        for body in self.bodies() {
            self.tell(&[&body]).await;
        }
    }

    /// Something happens to a conversation: what its own body says.
    fn labels(&self, conversation: i64, labels: &[&str]) -> Value {
        self.sim.agent_sets_labels(1, conversation, labels).unwrap();
        self.bodies().into_iter().rfind(|body| body["event"] == "conversation_updated").unwrap()
    }

    fn labelled(&self, labels: &[&str]) -> Value {
        self.labels(self.conversation, labels)
    }

    /// The number of a conversation's only message.
    fn message(&self, conversation: i64) -> i64 {
        self.sim.messages(1, conversation).unwrap()[0]["id"].as_i64().unwrap()
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

/// The first answer to a form.
fn answered(form: &Message) -> Value {
    let answers: Value = form.content_attributes.get("submitted_values").unwrap();
    answers[0]["value"].clone()
}

#[tokio::test]
async fn a_message_that_changes_in_passing_is_told_and_one_that_does_not_is_not() {
    let mut passing = Passing::start().await;
    passing.tell_all().await;
    let (conversation, sim) = (passing.conversation, passing.sim.clone());
    let message = passing.message(conversation);

    // The answer's own webhook is late.
    sim.customer_answers(1, conversation, message, "Large").unwrap();
    let late = passing.bodies().remove(0);
    let body = passing.labelled(&["vip"]);
    let told = passing.tell(&[&body]).await;
    assert_eq!(kinds(&told)[0], "conversation_updated");
    assert_eq!(answered(&retold(&told)), "Large");
    assert_eq!(kinds(&passing.tell(&[&late]).await), ["message_updated"]);

    // What is known of it is no news, be it printed otherwise.
    let mut body = passing.labelled(&[]);
    body["messages"][0]["content"] = json!("Which size?\n");
    assert_eq!(kinds(&passing.tell(&[&body]).await), ["conversation_updated"]);
    let mut elsewhere = passing.labelled(&["vip"]);
    elsewhere["messages"][0]["updated_at"] = json!("2035-01-01T00:00:00.000Z");
    assert_eq!(kinds(&passing.tell(&[&elsewhere]).await), ["conversation_updated"]);
}

/// Its own webhook prints line breaks of the editor plainly, and puts a link into a survey; its conversation's does not.
#[tokio::test]
async fn a_message_that_is_printed_otherwise_in_passing_is_not_told() {
    let mut passing = Passing::start().await;
    let sim = passing.sim.clone();
    let inbox = sim.inbox(1, "Channel::Email").unwrap();
    let customer = sim.create_contact(1, Customer::default()).unwrap();
    passing.conversation = sim.create_conversation(1, inbox, customer).unwrap();
    for labels in [["vip"], ["bug"]] {
        if labels == ["vip"] {
            sim.agent_writes(1, passing.conversation, "All of them.\\\nIn blue.\n").unwrap();
        } else {
            sim.chatwoot_surveys(1, passing.conversation, "How was it?").unwrap();
        }
        let own = passing.bodies().into_iter().rfind(|body| body["event"] == "message_created");
        passing.tell(&[&own.unwrap()]).await;
        let body = passing.labelled(&labels);
        assert_ne!(body["messages"][0]["content"], Value::Null);
        assert_eq!(kinds(&passing.tell(&[&body]).await), ["conversation_updated"], "{labels:?}");
    }
}

#[tokio::test]
async fn how_far_a_message_got_is_told_though_nothing_else_of_it_is_new() {
    let mut passing = Passing::start().await;
    passing.sim.agent_writes(1, passing.conversation, "All of them.").unwrap();
    passing.tell_all().await;
    let mut body = passing.labelled(&["vip"]);
    assert_eq!(kinds(&passing.tell(&[&body]).await), ["conversation_updated"]);
    body["messages"][0]["status"] = json!("read");
    assert_eq!(retold(&passing.tell(&[&body]).await).state, Some(DeliveryState::Read));
}

#[tokio::test]
async fn a_contact_who_changes_in_passing_is_told_and_one_who_does_not_is_not() {
    let mut passing = Passing::start().await;
    passing.tell_all().await;
    let (conversation, sim) = (passing.conversation, passing.sim.clone());
    let number = sim.contact_of(1, conversation).unwrap()["id"].as_i64().unwrap();
    let rename = |name: &str| {
        sim.rename_contact(1, number, name).unwrap();
        let mut bodies = sim.bodies().into_iter().map(|one| serde_json::from_str(&one).unwrap());
        bodies.find(|body: &Value| body["event"] == "contact_updated").unwrap()
    };

    // Their own webhook is late. Their message is told too: it says who wrote it.
    let late = rename("Paula Probe");
    let body = passing.labelled(&["vip"]);
    let told = passing.tell(&[&body]).await;
    assert_eq!(
        kinds(&told),
        ["conversation_updated", "contact_refreshed", "conversation_refreshed"]
    );
    let ours = ContactId::of(passing.account.key, number);
    assert_eq!(
        told[1].activity.data,
        json!({ "contactId": number, "contact": ours, "fields": ["name"] }).into()
    );
    assert_eq!(kinds(&passing.tell(&[&late]).await), ["contact_updated"]);

    // What is known of them is no news, and one line is enough.
    let body = passing.labelled(&[]);
    assert_eq!(kinds(&passing.tell(&[&body]).await), ["conversation_updated"]);
    let own = rename("Paula P.");
    let body = passing.labelled(&["vip"]);
    let told = passing.tell(&[&own, &body]).await;
    assert_eq!(kinds(&told), ["contact_updated", "conversation_updated", "conversation_refreshed"]);

    // Whoever had the event before may have died between the commit and the telling.
    rename("Paula");
    let body = passing.labelled(&[]);
    let nobody = World::start().await;
    assert_eq!(kinds(&passing.tell_to(&nobody.bus, &[&body], 1).await), [""; 0]);
    let bus = passing.world.bus.clone();
    let told = passing.tell_to(&bus, &[&body], 2).await;
    assert!(kinds(&told).contains(&"contact_refreshed"), "{told:?}");

    // Nor are two announcements of one change where it comes alone.
    let alone = rename("Paula Probe");
    assert_eq!(kinds(&passing.tell(&[&alone]).await), ["contact_updated"]);
}

/// Whoever had an event before may have died between the commit and the telling.
#[tokio::test]
async fn what_changed_in_passing_is_told_when_the_event_comes_again() {
    let mut passing = Passing::start().await;
    passing.tell_all().await;
    let (conversation, sim) = (passing.conversation, passing.sim.clone());
    let message = passing.message(conversation);
    sim.delete_message(1, conversation, message).unwrap();
    let body = passing.labelled(&["vip"]);
    let nobody = World::start().await;
    assert_eq!(kinds(&passing.tell_to(&nobody.bus, &[&body], 1).await), [""; 0]);
    let bus = passing.world.bus.clone();
    assert!(retold(&passing.tell_to(&bus, &[&body], 2).await).deleted);
}

/// An older program may have written what this one cannot read.
#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_from_being_told() {
    let mut passing = Passing::start().await;
    let (broken, sim) = (passing.conversation, passing.sim.clone());
    let (whole, _) = sim.start_conversation(1, "And which colour?").unwrap();
    passing.tell_all().await;
    for conversation in [broken, whole] {
        sim.customer_answers(1, conversation, passing.message(conversation), "Any").unwrap();
    }
    let unreadable = format!(
        "update messages set uploads = '{{}}' where chatwoot_id = {}",
        passing.message(broken)
    );
    execute(&passing.world.store_config, &unreadable).await;
    let bodies = [passing.labels(broken, &["vip"]), passing.labels(whole, &["vip"])];
    let told = passing.tell(&[&bodies[0], &bodies[1]]).await;
    assert_eq!(kinds(&told)[..2], ["conversation_updated"; 2]);
    assert_eq!(answered(&retold(&told)), "Any");
    assert_eq!(told.len(), 3);
}
