//! Texts that webhooks print otherwise than REST does: the rows have one text, and nothing counts as missed.

use crate::drift::settle;
use crate::support::count;
use crate::support::stage::Stage;
use chatwoot_sim::{Customer, Options};
use serde_json::{Value, json};
use store::reconciliations::Tally;

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
