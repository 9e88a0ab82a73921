//! What Chatwoot fails at, always or for a moment, while it answers everything else (P7).

use std::sync::{Arc, Mutex};

use crate::answers::GONE;
use crate::support::count;
use crate::support::stage::Stage;
use crate::walks::{ask_for_page, page_of_walk};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chatwoot_sim::{Customer, Options};

/// One row that it cannot print is enough for Chatwoot to fail.
#[tokio::test(flavor = "multi_thread")]
async fn what_always_fails_keeps_nothing_else_from_being_compared() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let (gone, _) = sim.start_conversation(1, "nobody lists me").unwrap();
    let contacts = [(); 2].map(|()| sim.create_contact(1, Customer::default()).unwrap());
    stage.settled().await;
    sim.delete_conversation(1, gone).unwrap();
    stage.lose_webhooks();
    let conversations = [(); 3].map(|()| sim.start_conversation(1, "hello").unwrap().0);
    sim.rename_contact(1, contacts[1], "Paula Probe").unwrap();
    let broken = [
        format!("/conversations/{gone}"),
        format!("/conversations/{}/messages", conversations[0]),
        format!("/contacts/{}", contacts[0]),
        "/teams".to_owned(),
    ];
    stage
        .behind(move |request| {
            let fails = broken.iter().any(|path| request.uri().path().ends_with(path));
            fails.then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        })
        .await;
    stage.everything().await;
    let messages = "select to_jsonb(count(m.id)) from conversations c
         left join messages m on m.conversation_id = c.id group by c.id order by c.display_id";
    assert_eq!(stage.rows(messages).await, [1, 0, 1, 1]);
    let config = &stage.world.store_config;
    assert_eq!(count(config, "contacts where name = 'Paula Probe'").await, 1);
    for (table, rows) in [("teams", 0), ("agents", 5), ("labels", 6), ("canned_responses", 4)] {
        assert_eq!(count(config, table).await, rows, "{table}");
    }
    for gone in GONE {
        assert_eq!(count(config, gone).await, 0, "{gone}");
    }
    stage.end().await;
}

/// What is left out is not asked for again before the next walk.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_asked_for_again() {
    let stage = Stage::set(Options::default(), false).await;
    let sim = stage.chatwoot.sim.clone();
    let contact = sim.create_contact(1, Customer::default()).unwrap();
    stage.settled().await;
    stage.lose_webhooks();
    sim.rename_contact(1, contact, "Paula Probe").unwrap();
    let (conversation, _) = sim.start_conversation(1, "hello").unwrap();
    let script = Arc::new(Mutex::new(vec![
        format!("/conversations/{conversation}"),
        format!("/conversations/{conversation}/messages"),
        format!("/contacts/{contact}"),
        format!("/contacts/{contact}"),
    ]));
    let left = Arc::clone(&script);
    stage
        .behind(move |request| {
            if page_of_walk(request) == Some(1) {
                // So that conversations are asked for by their numbers.
                return Some("[".repeat(1_000).into_response());
            }
            let mut script = script.lock().unwrap();
            let next = script.iter().position(|path| request.uri().path().ends_with(path))?;
            script.remove(next);
            Some(StatusCode::BAD_GATEWAY.into_response())
        })
        .await;
    stage.everything().await;
    assert_eq!(*left.lock().unwrap(), [""; 0], "all of it has failed");
    assert_eq!(stage.status().await.unread, [""; 0]);
    let config = &stage.world.store_config;
    assert_eq!(count(config, "messages").await, 1);
    assert_eq!(count(config, "contacts where name = 'Paula Probe'").await, 1);
    stage.end().await;
}

/// What is on it is read one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_always_fails_keeps_nothing_from_being_compared() {
    let stage = Stage::set(Options { history: 60, ..Options::default() }, false).await;
    stage
        .behind(|request| {
            let query = request.uri().query().unwrap_or_default();
            let second = query.contains("created_at_asc") && query.contains("page=2");
            second.then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        })
        .await;
    stage.everything().await;
    assert_eq!(count(&stage.world.store_config, "conversations").await, 60);
    assert_eq!(stage.status().await.unread, [""; 0]);
    stage.end().await;
}

/// A page that shows nothing new is compared with the first one, which nobody can read.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_ends_though_its_first_page_always_fails_and_another_shows_nothing_new() {
    let stage = Stage::set(Options { history: 60, ..Options::default() }, false).await;
    stage
        .behind(|request| {
            let page = page_of_walk(request)?;
            if page == 1 {
                return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
            }
            // What it would have shown is on the second one.
            ask_for_page(request, page - 1);
            None
        })
        .await;
    stage.everything().await;
    assert_eq!(count(&stage.world.store_config, "conversations").await, 60);
    assert_eq!(stage.status().await.unread, [""; 0]);
    stage.end().await;
}
