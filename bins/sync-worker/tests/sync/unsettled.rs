//! What a sweep cannot decide about at once, because its row has just been written (P7).

use crate::support::stage::Stage;
use crate::support::{count, execute};
use chatwoot_sim::Options;
use store::reconciliations::Tally;

/// As if what differs had been written a moment ago, by a clock that is a little ahead.
const JUST_NOW: &str = "updated_at = now() + interval '1 second'";

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_looks_again_at_what_was_written_just_before_it() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    for text in ["its row differs", "its message differs", "its customer's row differs"] {
        sim.start_conversation(1, text).unwrap();
        stage.settled().await;
    }
    stage.everything().await;
    assert_eq!(stage.differing().await, 0);
    for (table, otherwise) in [
        ("conversations", "labels = '{other}' where display_id = 1"),
        ("messages", "content = 'other' where content = 'its message differs'"),
        (
            "contacts",
            "name = 'Other' from conversations c where display_id = 3 and contact_id = contacts.id",
        ),
    ] {
        let differs = format!("update {table} set {JUST_NOW}, {otherwise}");
        execute(&stage.world.store_config, &differs).await;
    }
    assert_eq!(stage.differing().await, 3);

    let mended = Tally { drift_found: 3, drift_repaired: 3, ..Tally::default() };
    assert_eq!(stage.lately().await, mended);
    assert_eq!(stage.differing().await, 0);
    assert_eq!(stage.lately().await, Tally::default());
    stage.end().await;
}

/// Nothing but the note of it leads a sweep there.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_reply_got_is_asked_for_until_that_can_be_decided() {
    let stage = Stage::set(Options::default(), false).await;
    let (sim, config) = (stage.chatwoot.sim.clone(), &stage.world.store_config);
    let (conversation, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let texts = ["I am looking.", "On its way."];
    let [reply, _] = texts.map(|text| sim.agent_writes(1, conversation, text).unwrap());
    stage.settled().await;
    stage.everything().await;
    sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
    stage.settled().await;
    for (written, notes, differing) in
        [("+ interval '1 hour'", 1, 1), ("- interval '1 hour'", 0, 0)]
    {
        execute(config, &format!("update messages set updated_at = now() {written}")).await;
        stage.lately().await;
        assert_eq!(count(config, "unheard_deliveries").await, notes);
        assert_eq!(stage.differing().await, differing);
    }
    stage.end().await;
}
