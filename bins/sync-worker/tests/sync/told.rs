//! What screens hear of what no webhook told, or of which a webhook tells nothing that happened (P6).

use crate::support::stage::Stage;
use crate::support::telling::{apply, heard};
use crate::support::{count, delivery, execute, inbound};
use chatwoot_sim::{Faults, Options, Rule, Sim};
use domain::{About, ActivityId, ContactId, NamedContact};
use events::Announcement;
use serde_json::{Value, json};
use testkit::World;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// All that was announced, oldest first.
async fn announced(stage: &Stage) -> Vec<Announcement> {
    heard(&stage.world, &stage.account).await
}

/// The texts of messages that were announced as new.
async fn new_messages(stage: &Stage) -> Vec<String> {
    let new = |one: &Announcement| one.activity.kind == "message_created";
    let told = announced(stage).await;
    told.into_iter().filter(new).filter_map(|one| one.subject.message?.content).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sweep_finds_is_news_though_the_history_is_not_here_yet() {
    let stage = Stage::set(Options { history: 2, ..Options::default() }, false).await;
    let sim = stage.chatwoot.sim.clone();
    let (known, _) = sim.start_conversation(1, "told of").unwrap();
    stage.settled().await;
    stage.lose_webhooks();
    sim.start_conversation(1, "before there was a sweep").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of"]);
    sim.customer_writes(1, known, "missed").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of", "missed"]);
    sim.start_conversation(1, "somebody new").unwrap();
    stage.lately().await;
    assert_eq!(new_messages(&stage).await, ["told of", "missed", "somebody new"]);
    // It comes with all that was said in it.
    sim.customer_writes(1, 1, "somebody again").unwrap();
    stage.lately().await;
    let news = ["told of", "missed", "somebody new", "somebody again"];
    assert_eq!(new_messages(&stage).await, news);
    let config = &stage.world.store_config;
    assert!(count(config, "messages").await > 6);

    stage.everything().await;
    assert_eq!(stage.differing().await, 0);
    assert_eq!(count(config, "conversations").await, 5);
    assert_eq!(new_messages(&stage).await, news);
    stage.end().await;
}

/// What was told last of a conversation, and whether a line of the timeline says so.
async fn last_told(stage: &Stage) -> (Announcement, bool) {
    let with_row = |one: &Announcement| one.subject.conversation.is_some();
    let last = announced(stage).await.into_iter().rfind(with_row).unwrap();
    let line = format!("activities where id = '{}'", last.activity.id);
    let there = count(&stage.world.store_config, &line).await > 0;
    (last, there)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_changes_without_anything_having_happened_is_told_too() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    assert_eq!(last_told(&stage).await.0.subject.conversation.unwrap().unread_count, 1);

    // An agent looks at it in Chatwoot's own screen.
    stage.client().update_last_seen(conversation).await.unwrap();
    stage.lately().await;
    let (told, line) = last_told(&stage).await;
    assert_eq!((told.activity.kind.as_str(), line), ("conversation_refreshed", false));
    assert_eq!(told.subject.conversation.unwrap().unread_count, 0);

    // A body with nothing but somebody's typing says so as well.
    let told_already = announced(&stage).await.len();
    sim.customer_types(1, conversation, true).unwrap();
    stage.settled().await;
    assert_eq!(announced(&stage).await.len(), told_already, "there is nothing new in it");
    let config = &stage.world.store_config;
    execute(config, "update conversations set agent_last_seen_at = null").await;
    sim.customer_types(1, conversation, false).unwrap();
    stage.settled().await;
    let (told, line) = last_told(&stage).await;
    assert_eq!((told.activity.kind.as_str(), line), ("conversation_refreshed", false));
    assert_eq!(told.subject.conversation.unwrap().unread_count, 0);

    // The customer was merged into another one.
    let changed = "update conversations set contact_id = null, contact_chatwoot_id = null,
                     updated_at = now() - interval '1 minute'";
    execute(config, changed).await;
    assert_eq!(stage.lately().await.drift_repaired, 1);
    let (told, line) = last_told(&stage).await;
    assert_eq!((told.activity.kind.as_str(), line), ("conversation_refreshed", false));
    assert!(told.subject.conversation.unwrap().contact.is_some());
    stage.end().await;
}

/// Loses the next webhook of this name, and no other.
fn lose_next(sim: &Sim, event: &str) {
    let mut faults = Faults::default();
    faults.webhooks.events = vec![event.to_owned()];
    faults.webhooks.drop = Rule::next(1);
    sim.set_faults(faults).unwrap();
}

/// How many lines of the timeline say this of a message, and how often screens have heard it.
async fn lines(stage: &Stage, kind: &str, message: i64) -> (i64, usize) {
    let of_message = format!("data->>'chatwootMessageId' = '{message}'");
    let line = format!("activities where kind = '{kind}' and {of_message}");
    let told = announced(stage).await;
    let heard = told
        .iter()
        .map(|one| &one.activity)
        .filter(|one| one.kind == kind && one.data.get("chatwootMessageId") == Some(message));
    (count(&stage.world.store_config, &line).await, heard.count())
}

/// A sweep tells it, and the next one nothing.
async fn swept_once(stage: &Stage) {
    stage.lately().await;
    let quiet = stage.last_sequence().await;
    stage.lately().await;
    assert_eq!(stage.last_sequence().await, quiet, "it is told once");
}

/// With whatever happens to a conversation its newest message comes, whose own webhook may have been lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_passing_is_told_though_its_webhook_was_lost() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let config = &stage.world.store_config;
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    sim.agent_writes(1, conversation, "On its way.").unwrap();
    stage.settled().await;
    stage.lately().await;

    lose_next(&sim, "message_created");
    let message = sim.customer_writes(1, conversation, "Hello?").unwrap();
    stage.settled().await;
    let row = format!("messages where chatwoot_id = {message}");
    assert_eq!(count(config, &row).await, 1, "it came with its conversation");
    assert_eq!(lines(&stage, "message_created", message).await, (0, 0));
    swept_once(&stage).await;
    assert_eq!(lines(&stage, "message_created", message).await, (1, 1));

    lose_next(&sim, "message_updated");
    sim.delete_message(1, conversation, message).unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    assert_eq!(count(config, &format!("{row} and deleted")).await, 1, "so did its end");
    assert_eq!(lines(&stage, "message_deleted", message).await, (0, 0));
    swept_once(&stage).await;
    for kind in ["message_created", "message_deleted"] {
        assert_eq!(lines(&stage, kind, message).await, (1, 1), "{kind}");
    }
    stage.end().await;
}

/// The body that something else brings may be the first to show that a message was not delivered.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_once_though_its_webhook_was_lost() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let reply = sim.agent_writes(1, conversation, "On its way.").unwrap();
    stage.settled().await;
    stage.lately().await;
    // Of two webhooks the stage's is the first.
    let mut late = overhear(&sim, "message_updated").await;
    lose_next(&sim, "message_updated");
    let reason = Some("the provider said no");
    sim.set_message_status(1, conversation, reply, "failed", reason).unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    let failed = "delivery_failed_at > delivery_succeeded_at";
    let row = format!("messages where chatwoot_id = {reply} and {failed}");
    assert_eq!(count(&stage.world.store_config, &row).await, 1, "it came with its conversation");
    assert_eq!(lines(&stage, "message_failed", reply).await, (0, 0));
    swept_once(&stage).await;
    assert_eq!(lines(&stage, "message_failed", reply).await, (1, 1));
    comes_late(&stage, &mut late).await;
    assert_eq!(lines(&stage, "message_failed", reply).await, (1, 1), "the webhook tells the same");
    stage.end().await;
}

/// A first message brings its conversation's row, whose own webhook may have been lost, or may come when nobody
/// waits for it any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_is_told_though_its_webhook_was_lost() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    stage.lately().await;
    // Of two webhooks the stage's is the first.
    let mut late = overhear(&sim, "conversation_created").await;
    lose_next(&sim, "conversation_created");
    let (conversation, message) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    let config = &stage.world.store_config;
    let line = "activities where kind = 'conversation_created'";
    assert_eq!(count(config, "conversations").await, 1, "it came with its message");
    assert_eq!(count(config, line).await, 0);
    swept_once(&stage).await;

    comes_late(&stage, &mut late).await;
    let id = ActivityId::of(stage.account.key, "conversation_created", conversation, &[]);
    assert_eq!(count(config, line).await, 1, "the webhook tells the same");
    assert_eq!(count(config, &format!("{line} and id = '{id}'")).await, 1);
    let told = announced(&stage).await;
    let heard = told.iter().filter(|one| one.activity.id == id).count();
    assert_eq!(heard, 1, "screens have heard it once");
    assert_eq!(lines(&stage, "message_created", message).await, (1, 1));
    stage.end().await;
}

/// Bodies of another webhook for these events.
async fn overhear(sim: &Sim, event: &str) -> UnboundedReceiver<String> {
    let (sender, bodies) = unbounded_channel();
    let receiver = axum::Router::new().fallback(async move |body: String| {
        let _unheard = sender.send(body);
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, receiver).await });
    sim.register_webhook(1, &url, &[event]).unwrap();
    bodies
}

/// The next of the bodies that were overheard.
async fn comes_late(stage: &Stage, bodies: &mut UnboundedReceiver<String>) {
    let late = bodies.recv().await.unwrap();
    let event = inbound(&stage.account, &late, 1);
    let published = stage.world.bus.publisher().publish(event.envelope(late.into_bytes())).await;
    published.unwrap();
    stage.settled().await;
}

/// Chatwoot tells a new status by two webhooks, which are one line of the timeline.
#[tokio::test]
async fn a_row_that_a_second_telling_of_one_line_changes_is_told_too() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let hear = async |bodies: &[String], first: u64| {
        let bodies = bodies.iter().zip(first..);
        let part = bodies.map(|(body, number)| delivery(&account, body, number)).collect();
        apply(&world.store, &world.bus, vec![part]).await;
    };
    let last = async || {
        let told = heard(&world, &account).await.pop().unwrap();
        (told.activity.kind, told.subject.conversation.unwrap().unread_count)
    };
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    hear(&sim.bodies(), 1).await;
    let both = |status: &str| {
        sim.agent_sets_status(1, conversation, status).unwrap();
        let bodies = sim.bodies();
        ["conversation_status_changed", "conversation_updated"].map(|event| {
            let mut bodies = bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
            bodies.find(|body| body["event"] == event).unwrap()
        })
    };

    let [told, mut again] = both("resolved");
    hear(&[told.to_string()], 101).await;
    assert_eq!(last().await, ("conversation_status_changed".to_owned(), 1));
    // An agent has looked at it before Chatwoot wrote the second one.
    again["agent_last_seen_at"] = again["last_activity_at"].clone();
    hear(&[again.to_string()], 102).await;
    let config = &world.store_config;
    assert_eq!(count(config, "activities where kind = 'conversation_status_changed'").await, 1);
    assert_eq!(last().await, ("conversation_refreshed".to_owned(), 0));

    // Who hears both at once needs the line alone.
    hear(&both("pending").map(|body| body.to_string()), 103).await;
    assert_eq!(last().await, ("conversation_status_changed".to_owned(), 0));
}

/// What a snapshot has that tells nothing new of its conversation may be a message that nobody knows.
#[tokio::test]
async fn a_conversation_that_only_gets_a_message_in_passing_is_told_too() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let hear = async |body: &Value, number: u64| {
        let part = vec![delivery(&account, &body.to_string(), number)];
        apply(&world.store, &world.bus, vec![part]).await;
        let Announcement { activity, subject } = heard(&world, &account).await.pop().unwrap();
        (activity.kind, subject.conversation.unwrap().updated_at)
    };
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    let mut bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
    let full: Value = bodies.rfind(|body: &Value| body["event"] == "conversation_updated").unwrap();
    let mut bare = full.clone();
    bare["messages"] = json!([]);
    let (kind, first) = hear(&bare, 1).await;
    assert_eq!(kind, "conversation_status_changed");
    let config = &world.store_config;
    assert_eq!(count(config, "messages").await, 0);
    let (kind, then) = hear(&full, 2).await;
    assert_eq!(count(config, "messages").await, 1);
    assert_eq!((kind.as_str(), then > first), ("conversation_refreshed", true));
    assert_eq!(count(config, &format!("conversations where updated_at = '{then}'")).await, 1);
}

/// Chatwoot dispatches an event twice now and then, and builds each body from the state of its moment.
#[tokio::test]
async fn a_message_that_a_second_telling_of_its_line_changes_is_told_too() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let hear = async |body: &Value, number: u64| {
        let part = vec![delivery(&account, &body.to_string(), number)];
        apply(&world.store, &world.bus, vec![part]).await;
        heard(&world, &account).await
    };
    let sim = Sim::new(Options::default()).unwrap();
    sim.start_conversation(1, "Where is my parcel?").unwrap();
    let mut bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
    let first: Value = bodies.find(|body: &Value| body["event"] == "message_created").unwrap();
    let told = hear(&first, 1).await;
    assert_eq!(told.last().unwrap().activity.kind, "message_created");

    let mut again = first.clone();
    for told in ["/content", "/conversation/messages/0/content"] {
        *again.pointer_mut(told).unwrap() = json!("Where is my parcel, please?");
    }
    let at = first["conversation"]["updated_at"].as_f64().unwrap();
    again["conversation"]["updated_at"] = json!(at + 60.0);
    let told = hear(&again, 2).await;
    let Announcement { activity, subject } = told.last().unwrap();
    assert_eq!(activity.kind, "conversation_refreshed");
    let message = subject.message.as_ref().unwrap();
    assert_eq!(message.content.as_deref(), Some("Where is my parcel, please?"));
    assert_eq!(subject.conversation.as_ref().unwrap().id, message.conversation_id);
    let lines = "activities where kind = 'message_created'";
    assert_eq!(count(&world.store_config, lines).await, 1);

    // Neither the same once more, nor what is older, makes it look otherwise.
    for (body, number) in [(&again, 3), (&first, 4)] {
        assert_eq!(hear(body, number).await.len(), told.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_named_as_clients_know_them() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    let number = sim.contact_of(1, conversation).unwrap()["id"].as_i64().unwrap();
    sim.rename_contact(1, number, "Paula Probe").unwrap();
    stage.settled().await;
    let told = announced(&stage).await;
    let told = told.iter().rfind(|one| one.activity.kind == "contact_updated").unwrap();
    let ours = ContactId::of(stage.account.key, number);
    assert_eq!(told.activity.data.get("contact"), Some(ours));
    assert_eq!(told.activity.data.get("contactId"), Some(number));
    let named = NamedContact { id: ours, name: Some("Paula Probe".to_owned()) };
    let about = About { chatwoot_conversation_id: None, channel: None, contact: Some(named) };
    assert_eq!(told.activity.about, Some(about.clone()));
    // Whoever reads the line is told the same.
    let mut transaction = stage.world.store.worker().await.unwrap();
    let line = store::activities::get(&mut transaction, told.activity.id).await.unwrap().unwrap();
    assert_eq!(line.about, Some(about));
    stage.end().await;
}
