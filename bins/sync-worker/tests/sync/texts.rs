//! Texts that webhooks print otherwise than REST does: the rows have one text, and nothing counts as missed.

use crate::drift::settle;
use crate::support::stage::Stage;
use crate::support::telling::{apply, heard};
use crate::support::{count, delivery, execute};
use chatwoot_sim::{Customer, Options, Sim};
use serde_json::{Value, json};
use store::reconciliations::Tally;
use testkit::World;

/// The texts of the rows, in the order of their messages.
async fn texts(stage: &Stage) -> Vec<Value> {
    stage.rows("select to_jsonb(content) from messages order by chatwoot_id").await
}

/// What is told and then compared stands still, whatever else a channel reports.
async fn stands_still(stage: &Stage, conversation: i64, replies: &[(i64, &str)]) {
    let sim = &stage.chatwoot.sim;
    stage.settled().await;
    let shown = texts(stage).await;
    for status in ["delivered", "read"] {
        settle(stage).await;
        let quiet = stage.last_sequence().await;
        assert_eq!(stage.everything().await, Tally::default(), "before {status}");
        assert_eq!(stage.lately().await, Tally::default(), "before {status}");
        assert_eq!(stage.last_sequence().await, quiet, "before {status}");
        assert_eq!(texts(stage).await, shown, "before {status}");
        for (reply, _) in replies {
            sim.set_message_status(1, conversation, *reply, status, None).unwrap();
        }
        stage.settled().await;
        assert_eq!(texts(stage).await, shown, "after {status}");
    }
    let expected: Vec<Value> = replies.iter().map(|(_, text)| json!(text)).collect();
    assert_eq!(shown[1..], expected);
}

/// The editor writes the line above a signature like this. Webhooks undo that, not always, and REST never does.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_one_text_however_it_is_printed() {
    for signed in ["On its way.\\\n\\--\nAda", "On its way.\\\r\n\\--\\\nAda\n"] {
        let stage = Stage::set(Options::default(), false).await;
        let sim = stage.chatwoot.sim.clone();
        let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
        stage.settled().await;
        stage.everything().await;
        let reply = sim.agent_writes(1, conversation, signed).unwrap();
        stands_still(&stage, conversation, &[(reply, "On its way.\n--\nAda")]).await;
        assert_eq!(stage.differing().await, 0);
        let lines = "activities where kind = 'message_updated'";
        assert_eq!(count(&stage.world.store_config, lines).await, 0);
        stage.end().await;
    }
}

/// Some versions tell what the channel makes of a text, and beside it the text itself, if the message is the newest.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_makes_of_a_text_is_not_taken_for_a_change_of_it() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    sim.render_texts();
    let inbox = sim.inbox(1, "Channel::Email").unwrap();
    let customer = sim.create_contact(1, Customer::default()).unwrap();
    let conversation = sim.create_conversation(1, inbox, customer).unwrap();
    sim.customer_writes(1, conversation, "Where is **my** parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    assert_eq!(texts(&stage).await, [json!("Where is **my** parcel?")]);
    let reply = sim.agent_writes(1, conversation, "It is **on its way**.").unwrap();
    stands_still(&stage, conversation, &[(reply, "It is **on its way**.")]).await;

    // No body that is told of it now has its text.
    sim.agent_notes(1, conversation, "They **called**.").unwrap();
    sim.agent_writes(1, conversation, "Anything else?").unwrap();
    let failed = Some("the mailbox is full");
    sim.set_message_status(1, conversation, reply, "failed", failed).unwrap();
    stage.settled().await;
    let shown = texts(&stage).await;
    settle(&stage).await;
    assert_eq!(stage.everything().await, Tally::default());
    assert_eq!(texts(&stage).await, shown);
    let lines = "activities where kind = 'message_updated'";
    assert_eq!(count(&stage.world.store_config, lines).await, 0);
    stage.end().await;
}

/// What was written here has the line breaks of its writer. Whatever happens to its conversation shows it with others.
#[tokio::test]
async fn a_text_is_not_told_as_new_when_it_is_only_printed_otherwise() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let hear = async |body: &Value, number: u32| {
        let part = vec![delivery(&account, &body.to_string(), number.into())];
        apply(&world.store, &world.bus, vec![part]).await;
        let told = heard(&world, &account).await;
        told.into_iter().filter(|one| one.subject.message.is_some()).count()
    };
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    let mut bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
    let mut body: Value =
        bodies.rfind(|body: &Value| body["event"] == "conversation_updated").unwrap();
    let mut told = hear(&body, 1).await;
    let at = body["updated_at"].as_f64().unwrap();
    let again = [
        (r"E'It left.\r\nAda \r\n'", "It left.\nAda", 0),
        (r"E'It left.\\\r\n\\--\\\nAda\\\n'", "It left.\n--\nAda", 0),
        (r"E'Prices\n\\===  \nAda\t'", "Prices\n===  \nAda", 0),
        (r"E'It left.\nAda'", "It left.\r\nEve", 1),
        (r"E'\\-- it left'", "-- it left", 1),
    ];
    for ((written, printed, news), number) in again.into_iter().zip(2..) {
        let written = format!("update messages set content = {written}");
        execute(&world.store_config, &written).await;
        body["messages"][0]["content"] = json!(printed);
        body["updated_at"] = json!(at + 60.0 * f64::from(number));
        told += news;
        assert_eq!(hear(&body, number).await, told, "{printed:?} was {written}");
        let row = format!("messages where content = '{}'", domain::plain_text(printed));
        assert_eq!(count(&world.store_config, &row).await, 1);
    }
}
