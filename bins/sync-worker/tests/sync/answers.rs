//! Answers that are not what Chatwoot has, and that must do no harm (P7).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::stage::{FAST, Stage};
use crate::support::{count, execute};
use crate::walks::{ask_for_the_first_page, page_of_walk};
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chatwoot_sim::{Customer, Options};
use chrono::Utc;
use serde_json::json;
use store::reconciliations::Tally;
use sync_worker::reconcile::ReconcileError;
use testkit::eventually;

pub(crate) const GONE: [&str; 2] =
    ["conversations where gone_at > version_at", "contacts where gone_at > version_at"];

/// It knows no route while its Chatwoot is started anew.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_gone_because_a_proxy_says_so() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (conversation, _) = sim.start_conversation(1, "keep me").unwrap();
    let contact = sim.create_contact(1, Customer::default()).unwrap();
    stage.settled().await;
    let nowhere = (StatusCode::NOT_FOUND, "404 page not found");
    let nothing = (StatusCode::OK, r#"{"data":{"meta":{},"payload":[]}}"#);
    let script = Arc::new(Mutex::new(vec![
        ("/conversations".to_owned(), nothing),
        (format!("/conversations/{conversation}"), nowhere),
        (format!("/contacts/{contact}"), nowhere),
    ]));
    let left = Arc::clone(&script);
    stage
        .behind(move |request| {
            let mut script = script.lock().unwrap();
            let next = script.iter().position(|(path, _)| request.uri().path().ends_with(path));
            next.map(|next| script.remove(next).1.into_response())
        })
        .await;
    stage.everything().await;
    assert_eq!(*left.lock().unwrap(), [], "all of it was answered");
    for gone in GONE {
        assert_eq!(count(&stage.world.store_config, gone).await, 0, "{gone}");
    }
    stage.end().await;
}

/// With it one sees the inboxes that one belongs to, and nothing says that there are others.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_longer_an_administrators_finds_nothing_to_be_gone() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let config = &stage.world.store_config;
    assert_eq!(count(config, "inboxes").await, 4);
    stage.chatwoot.sim.demote_administrators(1).unwrap();
    let account = stage.account.key;
    let swept = stage.backfill().lately(account, FAST, &stage.shutdown, |_| {}).await;
    assert!(matches!(swept, Err(ReconcileError::NotAdministrator)), "{swept:?}");
    assert_eq!(count(config, "inboxes").await, 4);
    let told = stage.status().await.progress.last_error.unwrap();
    assert!(told.contains("administrator's"), "{told}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_to_be_gone_and_is_listed_is_back() {
    let stage = Stage::set(Options { history: 3, ..Options::default() }, false).await;
    stage.everything().await;
    let config = &stage.world.store_config;
    for (table, number) in [("conversations", "display_id"), ("contacts", "chatwoot_id")] {
        execute(
            config,
            &format!(
                "update {table} set gone_at = extract(epoch from now() - interval '1 minute') * 1e6
                 where {number} = (select min({number}) from {table})"
            ),
        )
        .await;
    }
    for gone in GONE {
        assert_eq!(count(config, gone).await, 1, "{gone}");
    }
    assert_eq!(stage.everything().await.drift_repaired, 2);
    for gone in GONE {
        assert_eq!(count(config, gone).await, 0, "{gone}");
    }
    assert_eq!(
        count(config, "activities where kind = 'conversation_created'").await,
        3,
        "one each"
    );
    assert_eq!(stage.everything().await, Tally::default(), "it is back for good");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_be_read_at_once_is_read_in_parts() {
    let (stage, conversations) = Stage::untold(2).await;
    let mail = "…".repeat(60_000);
    for _ in 0..100 {
        stage.chatwoot.sim.customer_writes(1, conversations[0], &mail).unwrap();
    }
    stage.everything().await;
    assert_eq!(count(&stage.world.store_config, "messages").await, 102);
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}

/// Chatwoot lists messages by the clocks of its nodes: a hundred of them may have higher numbers than one that is left
/// out.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_dated_ahead_is_not_passed_over() {
    const AHEAD: Duration = Duration::from_millis(200);
    for range_fails in [false, true] {
        let (stage, conversations) = Stage::untold(1).await;
        let sim = stage.chatwoot.sim.clone();
        for number in 2..=150 {
            let text = format!("message {number}");
            let message = sim.customer_writes(1, conversations[0], &text).unwrap();
            if number == 100 || number == 140 {
                sim.date_ahead(1, conversations[0], message, AHEAD).unwrap();
            }
        }
        stage
            .behind(move |request| {
                let query = request.uri().query().unwrap_or_default();
                let whole_range = query.contains("after=1&") && query.contains("before=");
                (range_fails && whole_range).then(|| StatusCode::GATEWAY_TIMEOUT.into_response())
            })
            .await;
        // What is dated ahead may still be told by its webhook until then.
        Box::pin(eventually("the rows are what Chatwoot has", async || {
            stage.everything().await;
            stage.differing().await == 0
        }))
        .await;
        stage.end().await;
    }
}

/// An answer that leaves out what cannot be read is shorter than it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_message_that_cannot_be_read_is_read() {
    let (stage, conversations) = Stage::untold(1).await;
    let sim = stage.chatwoot.sim.clone();
    for number in 2..=150 {
        sim.customer_writes(1, conversations[0], &format!("message {number}")).unwrap();
    }
    let unreadable = sim.messages(1, conversations[0]).unwrap()[50]["id"].as_i64().unwrap();
    stage.behind_answers(move |body| body.replace(&format!(r#""id":{unreadable},"#), "")).await;
    stage.everything().await;
    assert_eq!(count(&stage.world.store_config, "messages").await, 149);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_conversation_keeps_the_others_from_being_compared() {
    let (stage, conversations) = Stage::untold(3).await;
    let [unreadable, cached] =
        [0, 1].map(|which| format!("/conversations/{}/messages", conversations[which]));
    for number in 0..120 {
        stage.chatwoot.sim.customer_writes(1, conversations[1], &format!("{number}")).unwrap();
    }
    stage
        .behind(move |request| {
            let path = request.uri().path().to_owned();
            if path.ends_with(&cached) {
                *request.uri_mut() = format!("{path}?after=0").parse().unwrap();
            }
            path.ends_with(&unreadable).then(|| "[".repeat(1_000).into_response())
        })
        .await;
    stage.everything().await;
    let messages = "select to_jsonb(count(m.id)) from conversations c
         left join messages m on m.conversation_id = c.id group by c.id order by c.display_id";
    assert_eq!(stage.rows(messages).await, [0, 100, 1]);
    stage.end().await;
}

/// Each page has something new, as a Chatwoot may have it that wants a worker to remember ever more.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_of_a_list_without_an_end_ends_and_a_walk_follows() {
    const ENOUGH: usize = 500;
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    assert!(stage.status().await.progress.walk.due_at > Utc::now());
    let pages = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&pages);
    stage
        .behind(move |request| {
            let lists_active = request.uri().query()?.contains("last_activity_at_desc");
            let number = lists_active.then(|| asked.fetch_add(1, Ordering::Relaxed))?;
            let now = Utc::now().timestamp();
            let one = json!({ "id": 1_000 + number, "last_activity_at": now, "created_at": now });
            let listed = if number < ENOUGH { vec![one] } else { Vec::new() };
            Some(Json(json!({ "data": { "meta": {}, "payload": listed } })).into_response())
        })
        .await;
    stage.lately().await;
    let asked = pages.load(Ordering::Relaxed);
    assert!(asked < ENOUGH, "{asked}");
    assert!(stage.status().await.progress.walk.due_at <= Utc::now());
    stage.end().await;
}

/// Answers of pages from this one on are more than is read.
async fn unreadable(stage: &Stage, pages: impl Fn(u32) -> bool + Clone + Send + Sync + 'static) {
    stage
        .behind(move |request| {
            pages(page_of_walk(request)?).then(|| "[".repeat(1_000).into_response())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_a_page_that_cannot_be_read_is_found_behind_many_numbers_that_are_gone() {
    let stage = Stage::set(Options { history: 330, ..Options::default() }, false).await;
    for gone in 26..=300 {
        stage.chatwoot.sim.delete_conversation(1, gone).unwrap();
    }
    unreadable(&stage, |page| page == 2).await;
    stage.everything().await;
    assert_eq!(count(&stage.world.store_config, "conversations").await, 55);
    assert_eq!(stage.status().await.unread, [""; 0]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_ends_though_no_page_after_the_first_can_be_read() {
    let stage = Stage::set(Options { history: 30, ..Options::default() }, false).await;
    let config = &stage.world.store_config;
    stage.everything().await;
    execute(config, "update conversations set display_id = 3000 where display_id = 30").await;
    let contact = stage.chatwoot.sim.create_contact(1, Customer::default()).unwrap();
    stage.settled().await;
    let renamed = format!("update contacts set name = 'old' where chatwoot_id = {contact}");
    execute(config, &renamed).await;
    unreadable(&stage, |page| page > 1).await;
    stage.everything().await;
    // The one that is known behind all those numbers, and the contacts after that.
    let gone = "conversations where gone_at > version_at and display_id = 3000";
    assert_eq!(count(config, gone).await, 1);
    let lonely = format!("contacts where name <> 'old' and chatwoot_id = {contact}");
    assert_eq!(count(config, &lonely).await, 1);
    let unread = stage.status().await.unread;
    assert!(unread[0].starts_with("conversations on page 3: "), "{unread:?}");
    assert!(unread[1].starts_with("conversations from page 4 on: "), "{unread:?}");
    assert_eq!(unread.len(), 2);
    stage.end().await;
}

/// As behind a cache that ignores the page's number. What is on the others is read one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_ends_though_each_page_of_its_list_is_the_first_one() {
    const MANY: usize = 100;
    let stage = Stage::set(Options { history: 30, ..Options::default() }, false).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    stage
        .behind(move |request| {
            let query = request.uri().query().unwrap_or_default();
            // One that goes on comes to the end of the list then.
            if query.contains("created_at_asc") && counted.fetch_add(1, Ordering::Relaxed) < MANY {
                ask_for_the_first_page(request);
            }
            None
        })
        .await;
    stage.everything().await;
    assert!(asked.load(Ordering::Relaxed) < MANY);
    assert_eq!(count(&stage.world.store_config, "conversations").await, 30);
    let unread = stage.status().await.unread;
    assert!(unread.iter().all(|one| one.contains("the first page once more")), "{unread:?}");
    stage.end().await;
}
