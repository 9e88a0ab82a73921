//! Forms of the wire that are seldom seen: whether they are told or read, the rows are what Chatwoot has.

use crate::drift::settle;
use crate::support::stage::Stage;
use crate::support::telling::{account, apply, fresh};
use crate::support::{connect, count, delivery};
use chatwoot_sim::{Assignee, Customer, Faults, Options, Rule, Sim};
use serde_json::{Value, json};
use testkit::{World, sqlx};

/// From now on webhooks are lost, or come.
fn tell(sim: &Sim, told: bool) {
    let mut faults = Faults::default();
    if !told {
        faults.webhooks.drop = Rule::ALWAYS;
    }
    sim.set_faults(faults).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_chatwoot_itself_writes_is_a_message_of_nobody() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    for told in [true, false] {
        tell(&sim, told);
        let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
        sim.chatwoot_writes(1, conversation, "How can we help?").unwrap();
        stage.settled().await;
        stage.lately().await;
    }
    assert_eq!(stage.differing().await, 0);
    let rows = "select jsonb_build_array(content, sender_type, sender_id) from messages
                where message_type = 'template'";
    assert_eq!(stage.rows(rows).await, vec![json!(["How can we help?", null, null]); 2]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_may_be_a_bots() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    for told in [true, false] {
        tell(&sim, told);
        let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
        sim.agent_assigns(1, conversation, Assignee::Agent(0)).unwrap();
        sim.agent_assigns(1, conversation, Assignee::Bot).unwrap();
        stage.settled().await;
        stage.lately().await;
    }
    assert_eq!(stage.differing().await, 0);
    let rows = "select jsonb_build_array(assignee_type, assignee_name) from conversations";
    assert_eq!(stage.rows(rows).await, vec![json!(["agent_bot", "Helper bot"]); 2]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_kept_with_all_that_it_says() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let inbox = sim.inbox(1, "Channel::Email").unwrap();
    for told in [true, false] {
        tell(&sim, told);
        let email = Some(format!("{told}@customer.example"));
        let customer = sim.create_contact(1, Customer { email, ..Customer::default() }).unwrap();
        let conversation = sim.create_conversation(1, inbox, customer).unwrap();
        sim.customer_mails(1, conversation, "Order <1187> & more", "Where is it?").unwrap();
        stage.settled().await;
        stage.lately().await;
    }
    assert_eq!(stage.differing().await, 0);
    let rows = "select content_attributes -> 'email' -> 'subject' from messages
                where content_type = 'incoming_email' and source_id is not null";
    assert_eq!(stage.rows(rows).await, vec![json!("Order <1187> & more"); 2]);
    stage.end().await;
}

/// Where opening assigns by itself, Chatwoot forgets what it had to say of the status.
#[tokio::test]
async fn a_status_of_which_nothing_is_told_is_shown_with_the_next_change() {
    let (world, (store, config)) = tokio::join!(World::start(), fresh());
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    let mut all = sim.bodies();
    sim.agent_sets_status(1, conversation, "open").unwrap();
    let opened = sim.bodies();
    assert!(opened.iter().all(|body| !body.contains(r#"{"status":{"#)), "{opened:?}");
    all.extend(opened);
    let told = all.iter().zip(1..).map(|(body, number)| delivery(&account(), body, number));
    apply(&store, &world.bus, vec![told.collect()]).await;
    let open = "conversations where status = 'open' and assignee_type = 'user'";
    assert_eq!(count(&config, open).await, 1);
}

/// Older versions send a message again with none of the attributes that it had.
#[tokio::test]
async fn a_message_that_lost_its_attributes_is_the_same_message() {
    let (world, (store, config)) = tokio::join!(World::start(), fresh());
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    let reply = sim.agent_writes(1, conversation, "On its way.").unwrap();
    let refused = Some("the provider said no");
    sim.set_message_status(1, conversation, reply, "failed", refused).unwrap();
    let before = sim.bodies();
    sim.forgetful_retry(1, conversation, reply).unwrap();
    let all: Vec<String> = before.into_iter().chain(sim.bodies()).collect();
    let row = "messages where content = 'On its way.' and content_attributes = '{}'
               and delivery_failed_at <= delivery_succeeded_at";
    for order in [(0..all.len()).collect::<Vec<_>>(), (0..all.len()).rev().collect()] {
        let told =
            order.into_iter().zip(1..).map(|(which, n)| delivery(&account(), &all[which], n));
        apply(&store, &world.bus, vec![told.collect()]).await;
        assert_eq!(count(&config, row).await, 1);
    }
    assert_eq!(count(&config, "messages").await, 2);
}

/// What is in them is the customer's, and stays where it can be erased; but two changes are two lines.
#[tokio::test]
async fn the_timeline_names_what_was_changed_and_keeps_no_values_that_people_wrote() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    sim.agent_sets_priority(1, conversation, Some("high")).unwrap();
    let bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
    let mut body: Value =
        bodies.into_iter().rfind(|body: &Value| body["event"] == "conversation_updated").unwrap();
    for (number, wish) in [(1, "blue"), (2, "green")] {
        let wishes = json!({ "previous_value": {}, "current_value": { "wish": wish } });
        let labels = json!({ "previous_value": [], "current_value": ["urgent"] });
        let changes = body["changed_attributes"].as_array_mut().unwrap();
        changes.retain(|change| {
            change.get("priority").is_some() || change.get("updated_at").is_some()
        });
        changes.push(json!({ "custom_attributes": wishes, "label_list": labels }));
        let part = vec![delivery(&account, &body.to_string(), number)];
        apply(&world.store, &world.bus, vec![part]).await;
    }
    let mut connection = connect(&world.store_config).await;
    let lines = "select data -> 'changes' from activities where kind = 'conversation_updated'";
    let lines: Vec<Value> = sqlx::query_scalar(lines).fetch_all(&mut connection).await.unwrap();
    let told = json!([
        { "attribute": "priority", "from": null, "to": "high" },
        { "attribute": "custom_attributes" },
        { "attribute": "label_list", "from": [], "to": ["urgent"] },
    ]);
    assert_eq!(lines, [told.clone(), told]);
}

/// Chatwoot leaves out now and then what a status was before.
#[tokio::test]
async fn a_change_of_status_is_one_line_whether_or_not_chatwoot_says_from_what() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let sim = Sim::new(Options::default()).unwrap();
    let (mut number, lines) = (0, "activities where kind = 'conversation_status_changed'");
    for (bare, times) in [([true, false], 1), ([false, true], 2)] {
        let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
        sim.agent_sets_status(1, conversation, "resolved").unwrap();
        let bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
        let both = ["conversation_status_changed", "conversation_updated"];
        let told = bodies.filter(|body: &Value| both.iter().any(|event| body["event"] == *event));
        let told = told.filter(|body| body["status"] == "resolved").collect::<Vec<_>>();
        assert!(told.len() >= 2, "{told:?}");
        for bare in bare {
            for mut body in told.clone() {
                if bare && body["event"] == both[0] {
                    body["changed_attributes"] = Value::Null;
                } else if bare {
                    continue;
                }
                number += 1;
                let part = vec![delivery(&account, &body.to_string(), number)];
                apply(&world.store, &world.bus, vec![part]).await;
            }
        }
        assert_eq!(count(&world.store_config, lines).await, times, "bare: {bare:?}");
        let full = format!("{lines} and data->>'from' = 'open' and data->>'to' = 'resolved'");
        assert_eq!(count(&world.store_config, &full).await, times, "bare: {bare:?}");
    }
}

/// Of a message that is no longer the newest, a body does not say how far it got; of the newest, it may say that the
/// channel has taken it. In neither case did its writer change it.
#[tokio::test]
async fn what_happened_to_a_reply_after_it_was_written_is_nobodys_doing() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let first = sim.agent_writes(1, conversation, "I am looking.").unwrap();
    let second = sim.agent_writes(1, conversation, "On its way.").unwrap();
    sim.set_message_status(1, conversation, first, "read", None).unwrap();
    sim.set_message_status(1, conversation, second, "sent", None).unwrap();
    let told = sim.bodies();
    let told = told.iter().zip(1..).map(|(body, number)| delivery(&account, body, number));
    apply(&world.store, &world.bus, vec![told.collect()]).await;
    let lines = "activities where kind = 'message_updated'";
    assert_eq!(count(&world.store_config, lines).await, 2);
    assert_eq!(count(&world.store_config, &format!("{lines} and actor is null")).await, 2);
}

/// Agents delete what customers wrote, and Chatwoot adds translations to it: no body says who it was. That a webhook
/// tells it or a sweep makes no difference.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_said_to_have_changed_or_deleted_a_message() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    for told in [true, false] {
        tell(&sim, true);
        let (conversation, changed) = sim.start_conversation(1, "Wo ist mein Paket?").unwrap();
        let deleted = sim.customer_writes(1, conversation, "Damn!").unwrap();
        let note = sim.agent_notes(1, conversation, "Careful").unwrap();
        sim.edit_message(1, conversation, note, "Be careful").unwrap();
        stage.settled().await;
        tell(&sim, told);
        sim.edit_message(1, conversation, changed, "Where is my parcel?").unwrap();
        sim.delete_message(1, conversation, deleted).unwrap();
        stage.settled().await;
        settle(&stage).await;
        stage.lately().await;
    }
    let config = &stage.world.store_config;
    for (kind, lines) in [("message_updated", 4), ("message_deleted", 2)] {
        let told = format!("activities where kind = '{kind}'");
        assert_eq!(count(config, &told).await, lines, "{kind}");
        assert_eq!(count(config, &format!("{told} and actor is null")).await, lines, "{kind}");
    }
    let written = "activities where kind = 'message_created' and actor ->> 'type' = 'contact'";
    assert_eq!(count(config, written).await, 4);
    stage.end().await;
}

/// A dispatcher that runs twice writes the second body from what there is by then.
#[tokio::test]
async fn an_update_that_is_told_twice_is_one_line_whatever_else_has_happened() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let sim = Sim::new(Options::default()).unwrap();
    let (conversation, _) = sim.start_conversation(1, "Which size?").unwrap();
    let message = sim.messages(1, conversation).unwrap()[0]["id"].as_i64().unwrap();
    sim.customer_answers(1, conversation, message, "Large").unwrap();
    let bodies = sim.bodies().into_iter().map(|body| serde_json::from_str(&body).unwrap());
    let first: Value =
        bodies.into_iter().find(|b: &Value| b["event"] == "message_updated").unwrap();
    let mut second = first.clone();
    let at = first["conversation"]["updated_at"].as_f64().unwrap();
    second["conversation"]["updated_at"] = json!(at + 60.0);
    for (body, number) in [(&first, 1), (&second, 2)] {
        let part = vec![delivery(&account, &body.to_string(), number)];
        apply(&world.store, &world.bus, vec![part]).await;
    }
    assert_eq!(count(&world.store_config, "activities where kind = 'message_updated'").await, 1);
}
