//! Times that Chatwoot cannot have: a clock was wrong, or somebody made them up.

use std::time::Duration;

use chatwoot_sim::Options;
use chrono::{DateTime, TimeDelta, Utc};
use domain::Conversation;
use proptest::prelude::*;
use serde_json::{Value, json};
use store::Start;
use store::conversations::{self, Filter, Sort};
use store::reconciliations::Tally;
use sync_worker::Plan;

use crate::drift::settle;
use crate::support::memory::Memory;
use crate::support::stage::Stage;
use crate::support::telling::{Lived, each_history, planned};
use crate::support::{RECEIVED, count, execute, inbound};

const MINUTE: Duration = Duration::from_mins(1);
const YEAR: Duration = Duration::from_hours(365 * 24);

/// What bodies date with.
const TIMES: [&str; 5] =
    ["updated_at", "last_activity_at", "timestamp", "agent_last_seen_at", "contact_last_seen_at"];

/// Dates everything in a body with `seconds` since 1970, but for when it began.
fn date(body: &mut Value, seconds: i64) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                if TIMES.contains(&name.as_str()) && !value.is_object() {
                    *value = json!(seconds);
                } else {
                    date(value, seconds);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| date(value, seconds)),
        _ => {}
    }
}

impl Stage {
    /// Tells of a conversation as it is, but a year ahead.
    async fn tell_ahead(&self, conversation: i64, received_at: DateTime<Utc>) {
        let mut body = self.chatwoot.sim.conversation(1, conversation).unwrap();
        date(&mut body, (Utc::now() + TimeDelta::days(365)).timestamp());
        self.tell(body, received_at).await;
    }

    async fn tell(&self, mut body: Value, received_at: DateTime<Utc>) {
        body["event"] = json!("conversation_updated");
        body["account"] = json!({ "id": 1 });
        let (body, number) = (body.to_string(), 1_000 + self.last_sequence().await);
        let event = events::Inbound { received_at, ..inbound(&self.account, &body, number) };
        self.world.bus.publisher().publish(event.envelope(body.into_bytes())).await.unwrap();
        self.settled().await;
    }

    /// What clients see, first that in which something happened last.
    async fn listed(&self) -> Vec<Conversation> {
        let tenant = &self.account.tenant;
        let mut transaction = self.world.store.tenant(tenant).await.unwrap();
        let (filter, start) = (Filter::default(), Start::Skip(0));
        let (sort, limit) = (Sort::Newest, 10);
        let listed = conversations::list(&mut transaction, tenant, &filter, sort, start, limit);
        listed.await.unwrap().conversations
    }

    /// Two conversations, of which the second one is the newer.
    async fn with_two() -> (Self, [i64; 2]) {
        let stage = Self::set(Options::default(), false).await;
        let sim = stage.chatwoot.sim.clone();
        sim.set_back(10 * MINUTE);
        let conversations = ["Where is my parcel?", "Are you there?"].map(|text| {
            sim.advance(2 * MINUTE);
            sim.start_conversation(1, text).unwrap().0
        });
        sim.advance(2 * MINUTE);
        stage.settled().await;
        stage.everything().await;
        (stage, conversations)
    }
}

/// The numbers of conversations, and how much in them is unread.
fn unread(listed: &[Conversation]) -> Vec<(i64, i64)> {
    listed.iter().map(|one| (one.chatwoot_id, one.unread_count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_ahead_hides_nothing_that_happens_after_it() {
    let (stage, [first, second]) = Stage::with_two().await;
    let sim = stage.chatwoot.sim.clone();
    stage.tell_ahead(first, Utc::now()).await;
    assert_eq!(unread(&stage.listed().await), [(second, 1), (first, 1)]);
    sim.customer_writes(1, first, "Hello?").unwrap();
    sim.agent_sets_status(1, first, "resolved").unwrap();
    stage.settled().await;
    let listed = stage.listed().await;
    assert_eq!(unread(&listed), [(first, 2), (second, 1)]);
    assert_eq!(listed[0].status, "resolved");
    assert_eq!(stage.differing().await, 0);
    assert_eq!(stage.everything().await, Tally::default(), "nothing has waited for it");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_an_earlier_version_dated_ahead_is_set_back() {
    let (stage, [first, second]) = Stage::with_two().await;
    // It took whatever it was told, as is what comes so late.
    let late = DateTime::from_timestamp(RECEIVED, 0).unwrap();
    stage.tell_ahead(first, late).await;
    assert_eq!(unread(&stage.listed().await), [(first, 0), (second, 1)]);
    settle(&stage).await;
    let mended = Tally { drift_found: 1, drift_repaired: 1, ..Tally::default() };
    assert_eq!(stage.everything().await, mended);
    assert_eq!(unread(&stage.listed().await), [(second, 1), (first, 1)]);
    assert_eq!(stage.differing().await, 0);
    // From now on its webhooks are the newer ones again.
    stage.chatwoot.sim.agent_sets_status(1, first, "resolved").unwrap();
    stage.settled().await;
    assert_eq!(stage.differing().await, 0);
    assert_eq!(stage.everything().await, Tally::default());
    stage.end().await;
}

/// Whether the snapshot that says so is newer than the row or not, and whether a webhook brings it or a sweep.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_an_earlier_version_dated_ahead_hides_no_later_report() {
    let (stage, [conversation, _]) = Stage::with_two().await;
    let sim = stage.chatwoot.sim.clone();
    let failures = async || {
        let query = "select to_jsonb(delivery_failed_at > delivery_succeeded_at) from messages
                     where message_type = 'outgoing' order by chatwoot_id";
        stage.rows(query).await
    };
    let date_ahead = async |row: &str| {
        let ahead = format!(
            "update messages set delivery_succeeded_at =
               (extract(epoch from now() + interval '1 year') * 1000000)::bigint
               {row} and message_type = 'outgoing'"
        );
        execute(&stage.world.store_config, &ahead).await;
    };
    let later = ", version_at = version_at + 3600000000::bigint where delivery_failed_at = 0";
    for (number, row) in ["where delivery_failed_at = 0", later].into_iter().enumerate() {
        let reply = sim.agent_writes(1, conversation, "On its way.").unwrap();
        sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
        stage.settled().await;
        date_ahead(row).await;
        sim.set_message_status(1, conversation, reply, "failed", Some("131047: x")).unwrap();
        stage.settled().await;
        assert_eq!(failures().await, vec![json!(true); number + 1], "{row}");
    }
    let reply = sim.agent_writes(1, conversation, "Did you get it?").unwrap();
    sim.set_message_status(1, conversation, reply, "delivered", None).unwrap();
    stage.settled().await;
    date_ahead("where delivery_failed_at = 0").await;
    stage.lose_webhooks();
    sim.set_message_status(1, conversation, reply, "failed", Some("131047: x")).unwrap();
    settle(&stage).await;
    stage.everything().await;
    assert_eq!(failures().await, vec![json!(true); 3]);
    let ahead = "messages where greatest(delivery_succeeded_at, delivery_failed_at)
        > extract(epoch from now() + interval '1 day') * 1000000";
    assert_eq!(count(&stage.world.store_config, ahead).await, 0);
    stage.end().await;
}

/// It has them until it writes others.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_chatwoot_has_that_was_a_year_ahead_is_taken_once_and_without_its_times() {
    let (stage, [first, second]) = Stage::with_two().await;
    let sim = stage.chatwoot.sim.clone();
    stage.lose_webhooks();
    sim.advance(YEAR);
    let (begun, _) = sim.start_conversation(1, "hello").unwrap();
    sim.agent_describes(1, first, "parcel", "lost").unwrap();
    stage.client().update_last_seen(first).await.unwrap();
    sim.set_back(YEAR);
    settle(&stage).await;
    stage.lately().await;
    let listed = stage.listed().await;
    assert_eq!(unread(&listed), [(begun, 1), (second, 1), (first, 1)]);
    let described = stage.rows("select custom_attributes from conversations order by display_id");
    assert_eq!(described.await[0], json!({ "parcel": "lost" }));
    assert!(listed.iter().all(|one| one.last_activity_at <= Utc::now()), "{listed:#?}");
    settle(&stage).await;
    let quiet = stage.last_sequence().await;
    assert_eq!(stage.everything().await, Tally::default());
    assert_eq!(stage.last_sequence().await, quiet);

    sim.agent_sets_status(1, first, "resolved").unwrap();
    sim.customer_writes(1, begun, "Hello?").unwrap();
    for conversation in [first, begun] {
        stage.tell(sim.conversation(1, conversation).unwrap(), Utc::now()).await;
    }
    let listed = stage.listed().await;
    assert_eq!(unread(&listed), [(begun, 2), (first, 1), (second, 1)]);
    assert_eq!(listed[1].status, "resolved");
    stage.end().await;
}

/// Whenever each of them is received.
#[test]
fn any_order_of_what_is_dated_ahead_comes_to_the_same_and_to_nothing_ahead() {
    each_history("CONVERGENCE_HISTORIES", 200, "ahead.txt", |history| {
        let Lived { mut bodies, .. } = history.lived();
        let next_century = RECEIVED + 100 * 365 * 86_400;
        for body in bodies.iter_mut().skip(1).step_by(3) {
            let mut ahead: Value = serde_json::from_str(body).unwrap();
            date(&mut ahead, next_century);
            *body = ahead.to_string();
        }
        let tell = |order: &mut dyn Iterator<Item = usize>, from: u64| {
            let mut memory = Memory::default();
            for (which, number) in order.zip(from..) {
                let plan: Plan = planned(&bodies[which], number);
                memory.apply(&plan);
            }
            memory
        };
        let expected = tell(&mut (0..bodies.len()), 1);
        let shuffled = tell(&mut history.shuffled(bodies.len()).into_iter(), 1_000);
        prop_assert_eq!(&shuffled, &expected);
        let received = DateTime::from_timestamp(RECEIVED, 0).unwrap();
        for row in expected.conversations.values() {
            let times = [row.last_activity_at, row.agent_last_seen_at, row.contact_last_seen_at];
            prop_assert!(times.iter().all(|at| *at < Some(received)), "{:?}", row);
        }
        let versions = (expected.conversations.values().map(|row| row.version))
            .chain(expected.messages.values().map(|row| row.version))
            .chain(expected.contacts.values().map(|row| row.version));
        for version in versions {
            prop_assert!(version.at < received.timestamp_micros(), "{:?}", version);
        }
        Ok(())
    });
}
