//! What webhooks missed heals (P7): found, repaired, counted, and only once.
//!
//! `RECONCILE_HISTORY=10000` has the backfill bring in so many conversations.

use crate::support::history::{Life, step};
use crate::support::stage::{FAST, Stage};
use crate::support::{count, execute};
use chatwoot_sim::{Faults, Options, Rule};
use chrono::Utc;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::json;
use store::reconciliations::{Reconciliation, Tally};
use sync_worker::reconcile::{self, Speed};
use testkit::eventually;
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread")]
async fn what_webhooks_missed_is_found_repaired_and_counted() {
    let stage = Stage::set(Options::default(), false).await;
    assert_eq!(stage.everything().await, Tally::default(), "there is nothing yet");
    let sim = stage.chatwoot.sim.clone();
    let mut faults = Faults::default();
    faults.webhooks.drop = Rule::chance(0.5);
    sim.set_faults(faults).unwrap();
    let mut life = Life::of(sim);
    let mut runner = TestRunner::deterministic();
    for number in 0..60 {
        life.happens(&step().new_tree(&mut runner).unwrap().current());
        if number % 4 == 0 {
            stage.settled().await;
        }
    }
    stage.settled().await;
    assert!(stage.differing().await > 0, "webhooks were lost");

    // A row that has only just changed may be newer than an answer: the next sweep sees to it.
    Box::pin(eventually("the rows are what Chatwoot has", async || {
        stage.lately().await;
        stage.differing().await == 0
    }))
    .await;
    let Reconciliation { tally, progress, .. } = stage.status().await;
    assert!(tally.drift_found > 5, "{tally:?}");
    assert_eq!(tally.drift_found, tally.drift_repaired);
    assert!(progress.swept_to.is_some());

    Box::pin(eventually("there is nothing left to find", async || {
        stage.lately().await == Tally::default()
    }))
    .await;
    let quiet = stage.last_sequence().await;
    assert_eq!([stage.lately().await, stage.everything().await], [Tally::default(); 2]);
    assert_eq!(stage.last_sequence().await, quiet, "a quiet account publishes nothing");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_told_once_by_whoever_comes_first() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let sim = stage.chatwoot.sim.clone();
    let mut faults = Faults::default();
    faults.webhooks.stall = true;
    sim.set_faults(faults).unwrap();
    // The coarse time has seconds only, and so would the fine one at the very beginning of one.
    eventually("no second is just beginning", async || {
        (100..900).contains(&Utc::now().timestamp_subsec_millis())
    })
    .await;
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    sim.agent_sets_status(1, conversation, "resolved").unwrap();
    let reached =
        stage.backfill().lately(stage.account.key, FAST, &stage.shutdown, |_| {}).await.unwrap();
    assert_eq!(reached.found.drift_found, 3, "a contact, a conversation and its message");
    let told = "activities
                where kind in ('contact_created', 'conversation_created', 'message_created')";
    eventually("all are told", async || count(&stage.world.store_config, told).await == 3).await;

    // The webhooks come after all.
    sim.set_faults(Faults::default()).unwrap();
    stage.settled().await;
    assert_eq!(count(&stage.world.store_config, told).await, 3);
    let at = "activities where kind = 'message_created'
              and occurred_at <> date_trunc('second', occurred_at)";
    assert_eq!(count(&stage.world.store_config, at).await, 1, "the finer time stays");
    assert_eq!(count(&stage.world.store_config, "messages").await, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_in_chatwoot_is_noticed() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (gone, _) = sim.start_conversation(1, "forget me").unwrap();
    let (kept, _) = sim.start_conversation(1, "keep me").unwrap();
    let contact = sim.contact_of(1, gone).unwrap()["id"].as_i64().unwrap();
    stage.settled().await;
    stage.everything().await;
    sim.delete_conversation(1, gone).unwrap();
    sim.delete_contact(1, contact).unwrap();
    let found = stage.everything().await;
    // The contact is without a conversation only once the conversation's absence is applied.
    let found = found.drift_found + stage.everything().await.drift_found;
    assert_eq!(found, 2, "a conversation and a contact");

    let config = &stage.world.store_config;
    assert_eq!(count(config, "conversations where gone_at > version_at").await, 1);
    assert_eq!(count(config, "contacts where gone_at > version_at").await, 1);
    for kind in ["conversation_deleted", "contact_deleted"] {
        assert_eq!(count(config, &format!("activities where kind = '{kind}'")).await, 1);
    }
    let mut transaction = stage.world.store.tenant(&stage.account.tenant).await.unwrap();
    let start = store::Start::Skip(0);
    let filter = store::conversations::Filter::default();
    let sort = store::conversations::Sort::Newest;
    let tenant = &stage.account.tenant;
    let listed =
        store::conversations::list(&mut transaction, tenant, &filter, sort, start, 10).await;
    let listed: Vec<i64> =
        listed.unwrap().conversations.iter().map(|one| one.chatwoot_id).collect();
    assert_eq!(listed, [kept]);
    assert_eq!(stage.everything().await, Tally::default(), "it is told once");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_is_cut_off_goes_on_and_a_second_one_publishes_nothing() {
    let history = std::env::var("RECONCILE_HISTORY").map_or(120, |count| count.parse().unwrap());
    let options = Options { history, ..Options::default() };
    let stage = Stage::set(options, false).await;
    let (backfill, account) = (stage.backfill(), stage.account.key);
    let second_page = Notify::new();
    let slow = Speed { per_second: 200, concurrency: 2 };
    let told = |at: &reconcile::Reached| {
        if at.progress.walk.page >= 2 {
            second_page.notify_one();
        }
    };
    // Dropped where it is then, before it comes to the next page.
    tokio::select! {
        ended = backfill.everything(account, slow, false, &stage.shutdown, told) => {
            panic!("it ended by itself: {ended:?}");
        }
        () = second_page.notified() => {}
    }
    let stopped_at = stage.status().await.progress.walk;
    let pages = u32::try_from(history.div_ceil(25)).unwrap();
    assert!(stopped_at.page >= 2 && stopped_at.page < pages, "{stopped_at:?}");

    let mut first = None;
    let told = |at: &reconcile::Reached| {
        first.get_or_insert(at.progress.walk.page);
    };
    let rest =
        stage.backfill().everything(account, FAST, false, &stage.shutdown, told).await.unwrap();
    assert!(rest.complete);
    assert!(first.unwrap() > stopped_at.page, "it did not begin anew");
    stage.settled().await;
    assert_eq!(stage.differing().await, 0);
    let history = i64::try_from(history).unwrap();
    assert_eq!(count(&stage.world.store_config, "conversations").await, history);
    let status = stage.status().await;
    let walk = &status.progress.walk;
    assert_eq!((walk.total, walk.done), (Some(history), history));
    assert_eq!(status.tally.drift_found, 0, "history is no drift");
    assert!(status.tally.brought_in > 2 * history, "{status:?}");

    let before = stage.last_sequence().await;
    assert_eq!(stage.everything().await, Tally::default());
    assert_eq!(stage.last_sequence().await, before, "nothing was published");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_compare_by_themselves_and_wait_when_chatwoot_asks_them_to() {
    let stage = Stage::set(Options::default(), true).await;
    let sim = stage.chatwoot.sim.clone();
    eventually("the account is known as a whole", async || {
        count(&stage.world.store_config, "reconciliations where walked_at is not null").await == 1
    })
    .await;
    let mut faults = Faults::default();
    faults.webhooks.drop = Rule::ALWAYS;
    faults.rest.rate_limited = Rule::next(2);
    sim.set_faults(faults).unwrap();
    sim.start_conversation(1, "is anybody there?").unwrap();
    eventually("a message that no webhook told of", async || {
        count(&stage.world.store_config, "messages").await == 1
    })
    .await;
    eventually("it was asked to slow down, got over it and says what it found", async || {
        let status = stage.status().await;
        sim.faults().rest.rate_limited.next == 0 && status.tally.drift_found == 3
    })
    .await;
    assert_eq!(stage.status().await.progress.failures, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_what_chatwoot_lists() {
    let stage = Stage::set(Options::default(), false).await;
    stage.lately().await;
    let config = &stage.world.store_config;
    for (table, rows) in
        [("agents", 5), ("teams", 2), ("inboxes", 4), ("labels", 6), ("canned_responses", 4)]
    {
        assert_eq!(count(config, table).await, rows, "{table}");
    }
    execute(config, "update labels set title = 'stale', chatwoot_id = -1 where title = 'vip'")
        .await;
    execute(config, "update teams set name = 'stale' where name = 'billing'").await;
    stage.lately().await;
    let mut transaction = stage.world.store.tenant(&stage.account.tenant).await.unwrap();
    let labels = store::catalogue::labels(&mut transaction, None, 0).await.unwrap();
    let titles: Vec<_> = labels.rows.iter().map(|label| label.title.as_str()).collect();
    assert_eq!(titles, ["billing", "bug", "feedback", "returns", "shipping", "vip"]);
    let teams = store::catalogue::teams(&mut transaction, None, 0).await.unwrap();
    let names: Vec<_> = teams.rows.iter().filter_map(|team| team.name.as_deref()).collect();
    assert_eq!(names, ["billing", "support"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_counts_as_what_replies_ask() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let known = async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        store::hosts::list(&mut transaction).await.unwrap()
    };
    assert_eq!(known().await, [], "no reply has been sent, and nothing is known of the host");
    let host = stage.chatwoot.url();
    let host = host.trim_start_matches("http://");
    let mut transaction = stage.world.store.worker().await.unwrap();
    let (row, _) = store::hosts::lock(&mut transaction, host).await.unwrap();
    let row = store::hosts::Host { per_minute: 1_000_000, ..row };
    store::hosts::write(&mut transaction, &row).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.everything().await;
    assert!(known().await[0].granted > 5, "the lists, at least");
    stage.end().await;
}

/// Chatwoot has a reply twice, by whatever means (P4).
#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_of_a_reply_is_shown_whether_it_is_told_of_or_found() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let sim = stage.chatwoot.sim.clone();
    let mut shown = Vec::new();
    for told in [true, false] {
        let (place, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
        stage.settled().await;
        let reply = stage.reply(place, "On its way.").await;
        let mut faults = Faults::default();
        faults.webhooks.drop = if told { Rule::default() } else { Rule::ALWAYS };
        sim.set_faults(faults).unwrap();
        for _ in 0..2 {
            stage.send(place, "On its way.", reply).await;
        }
        let copies =
            "select jsonb_build_object('content', content, 'ours', outbound_state is not null,
                        'told', exists (select from activities a where a.kind = 'message_created'
                           and a.data->>'chatwootMessageId' = m.chatwoot_id::text))
                      from messages m
                      where message_type = 'outgoing' and chatwoot_id is not null
                        and conversation_id = (select id from conversations
                                               order by display_id desc limit 1)
                      order by outbound_state is null";
        Box::pin(eventually("both are there", async || {
            if !told {
                stage.lately().await;
            }
            stage.settled().await;
            stage.rows(copies).await.len() == 2
        }))
        .await;
        shown.push(stage.rows(copies).await);
    }
    let copy = |ours: bool| json!({ "content": "On its way.", "ours": ours, "told": true });
    assert_eq!(shown[0], [copy(true), copy(false)], "one is the reply, the other one beside it");
    assert_eq!(shown[1], shown[0]);
    stage.end().await;
}

/// A reply has the time of its writing until Chatwoot tells of it, and a number that is newer than that.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_reply_that_left_late_is_found_by_the_next_sweep() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (place, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    stage.settled().await;
    let reply = stage.reply(place, "On its way.").await;
    let config = &stage.world.store_config;
    execute(config, "update messages set created_at = created_at - interval '2 hours'").await;
    stage.lose_webhooks();
    sim.customer_writes(1, place, "Hello?").unwrap();
    let number = stage.send(place, "On its way.", reply).await;
    let account = stage.account.key;
    let mut transaction = stage.world.store.worker().await.unwrap();
    assert!(store::messages::link(&mut transaction, account, reply, number).await.unwrap());
    store::commit(transaction).await.unwrap();
    stage.lately().await;
    assert_eq!(count(config, "messages where content = 'Hello?'").await, 1);
    stage.end().await;
}

/// What waits behind it in its conversation need not wait until somebody asks Chatwoot again.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_unknown_outcome_is_due_as_soon_as_chatwoot_tells_of_it() {
    let stage = Stage::set(Options::default(), false).await;
    let mut wakeups = stage.world.store.wakeups().await.unwrap();
    let sim = stage.chatwoot.sim.clone();
    let (replied, _) = sim.start_conversation(1, "Where is my parcel?").unwrap();
    let (changed, _) = sim.start_conversation(1, "Where is mine?").unwrap();
    stage.settled().await;
    let reply = stage.reply(replied, "On its way.").await;
    let change = stage.prioritize(changed, "high").await;
    for conversation in [replied, changed] {
        wakeups.next().await.unwrap();
        stage.lose_the_outcome(conversation).await;
    }
    sim.customer_writes(1, replied, "Hello?").unwrap();
    sim.customer_writes(1, changed, "Hello?").unwrap();
    stage.settled().await;
    assert_eq!(stage.due().await, [], "nothing was told of them");
    stage.send(replied, "On its way.", reply).await;
    stage.settled().await;
    assert_eq!(stage.due().await, [reply.0.into()]);
    wakeups.next().await.unwrap();
    let high = chatwoot::Priority::from("high");
    stage.client().set_priority(changed, Some(&high)).await.unwrap();
    stage.settled().await;
    let mut due = stage.due().await;
    due.sort();
    let mut both = [reply.0.into(), change];
    both.sort();
    assert_eq!(due, both);
    wakeups.next().await.unwrap();
    stage.end().await;
}
