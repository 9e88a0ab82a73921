//! Times and numbers of Chatwoot's that go back (P7): its nodes have clocks of their own, and a database that lost its
//! last moments gives the numbers of that time again.

use crate::drift::settle;
use crate::support::stage::Stage;
use crate::support::{count, execute};
use chatwoot_sim::{Faults, Options, Rule};
use serde_json::json;
use store::reconciliations::Tally;

/// A node whose clock is ahead changed it last but one.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_before_the_row_is_found_and_told_once() {
    let stage = Stage::set(Options::default(), false).await;
    let (sim, config) = (stage.chatwoot.sim.clone(), &stage.world.store_config);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    stage.everything().await;
    execute(config, "update conversations set version_at = version_at + 3600000000").await;
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    stage.settled().await;
    assert_eq!(count(config, "conversations where status = 'open'").await, 1);

    settle(&stage).await;
    assert_eq!(stage.lately().await.drift_repaired, 1);
    assert_eq!(stage.differing().await, 0);
    let changed = "activities where kind = 'conversation_status_changed'";
    assert_eq!(count(config, changed).await, 1, "its webhook has told it");
    settle(&stage).await;
    assert_eq!([stage.lately().await, stage.everything().await], [Tally::default(); 2]);
    stage.end().await;
}

/// Two conversations, with a message in the first one, and the number that Chatwoot gives to the next message.
async fn about_to_give_again() -> (Stage, [i64; 2], i64) {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let begun = [(); 2].map(|()| sim.start_conversation(1, "Where is my parcel?").unwrap().0);
    let lost = sim.customer_writes(1, begun[0], "It is here!").unwrap();
    stage.settled().await;
    stage.everything().await;
    (stage, begun, lost + 1)
}

/// The rows know this message by that number.
async fn renumber(stage: &Stage, content: &str, number: i64) {
    let renumber =
        format!("update messages set chatwoot_id = {number} where content = '{content}'");
    execute(&stage.world.store_config, &renumber).await;
}

/// The conversation, the text and the number of each message but the first ones.
const SHOWN: &str = "select jsonb_build_array(c.display_id, m.content, m.chatwoot_id)
    from messages m join conversations c on c.id = m.conversation_id
    where m.content <> 'Where is my parcel?' order by m.content";

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_given_again_is_shown_where_it_belongs_now() {
    for told in [true, false] {
        let (stage, [_, place], number) = about_to_give_again().await;
        let sim = stage.chatwoot.sim.clone();
        renumber(&stage, "It is here!", number).await;
        let mut faults = Faults::default();
        faults.webhooks.drop = if told { Rule::default() } else { Rule::ALWAYS };
        sim.set_faults(faults).unwrap();
        assert_eq!(sim.customer_writes(1, place, "And mine?").unwrap(), number);
        stage.settled().await;
        if !told {
            settle(&stage).await;
            stage.lately().await;
        }
        let shown = format!(
            "messages m join conversations c on c.id = m.conversation_id
             where m.chatwoot_id = {number} and c.display_id = {place} and m.content = 'And mine?'"
        );
        let config = &stage.world.store_config;
        assert_eq!(count(config, &shown).await, 1, "told: {told}");
        let new = format!(
            "activities where kind = 'message_created' and data->>'chatwootMessageId' = '{number}'
             and conversation_id = (select id from conversations where display_id = {place})"
        );
        assert_eq!(count(config, &new).await, 1, "told: {told}");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_whose_number_is_given_again_stays_where_it_was_written() {
    let (stage, [place, other], _) = about_to_give_again().await;
    let sim = stage.chatwoot.sim.clone();
    let reply = stage.reply(place, "On its way.").await;
    let number = stage.send(place, "On its way.", reply).await + 1;
    stage.settled().await;
    renumber(&stage, "On its way.", number).await;
    assert_eq!(sim.customer_writes(1, other, "And mine?").unwrap(), number);
    stage.settled().await;
    let shown = stage.rows(SHOWN).await;
    assert_eq!(shown[0], json!([other, "And mine?", number]));
    assert_eq!(shown[2], json!([place, "On its way.", null]));
    stage.end().await;
}

/// Chatwoot's answer gives it, and its webhook is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_takes_the_number_of_a_lost_message_and_not_its_text() {
    let (stage, [other, place], number) = about_to_give_again().await;
    renumber(&stage, "It is here!", number).await;
    stage.lose_webhooks();
    let reply = stage.reply(place, "On its way.").await;
    assert_eq!(stage.send(place, "On its way.", reply).await, number);
    let mut transaction = stage.world.store.worker().await.unwrap();
    store::messages::link(&mut transaction, stage.account.key, reply, number).await.unwrap();
    store::commit(transaction).await.unwrap();
    let config = &stage.world.store_config;
    let own = format!("messages where id = '{reply}' and content = 'On its way.'");
    assert_eq!(count(config, &own).await, 1);

    settle(&stage).await;
    stage.lately().await;
    let shown = [json!([other, "It is here!", number - 1]), json!([place, "On its way.", number])];
    assert_eq!(stage.rows(SHOWN).await, shown);
    assert_eq!(count(config, &format!("{own} and chatwoot_id = {number}")).await, 1);
    stage.end().await;
}
