//! P9: nobody holds much of this process's memory by what they ask for, or bring along.

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use testkit::reqwest::{Body, header};
use testkit::{eventually, sqlx};

use crate::support::{Seed, Served, ids, numbers, problem};

/// Two of these fit on a page.
const LARGE: i64 = 4_000_000;

async fn grow(served: &Served, statement: &'static str) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query(statement).bind(LARGE).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
}

#[tokio::test]
async fn a_page_of_large_messages_ends_early_and_the_rest_comes_after_it() {
    let served = Served::start().await;
    let messages = vec![("incoming", "Hi"); 5];
    let conversation = served.write(&Seed { messages, ..Seed::open(1) }).await;
    let path = format!("/conversations/{conversation}/messages?limit=100");
    assert_eq!(served.read(&path).await["page"]["hasMore"], false);
    grow(
        &served,
        "update messages set content_attributes = jsonb_build_object('a', repeat('x', $1::int))",
    )
    .await;
    let newest = served.read(&path).await;
    assert_eq!((numbers(&newest), &newest["page"]["hasMore"]), (vec![103, 104], &json!(true)));
    let of = |list: &Value, at: usize| ids(list)[at].clone();
    let before = served.read(&format!("{path}&before={}", of(&newest, 0))).await;
    assert_eq!((numbers(&before), &before["page"]["hasMore"]), (vec![101, 102], &json!(true)));
    let oldest = served.read(&format!("{path}&before={}", of(&before, 0))).await;
    assert_eq!((numbers(&oldest), &oldest["page"]["hasMore"]), (vec![100], &json!(false)));
    let after = served.read(&format!("{path}&after={}", of(&oldest, 0))).await;
    assert_eq!((numbers(&after), &after["page"]["hasMore"]), (vec![101, 102], &json!(true)));
    grow(
        &served,
        "update messages set content_attributes = '{}', sender_name = repeat('x', $1::int)",
    )
    .await;
    let newest = served.read(&path).await;
    assert_eq!((numbers(&newest), &newest["page"]["hasMore"]), (vec![103, 104], &json!(true)));
    let after = served.read(&format!("{path}&after={}", of(&oldest, 0))).await;
    assert_eq!((numbers(&after), &after["page"]["hasMore"]), (vec![101, 102], &json!(true)));
}

#[tokio::test]
async fn a_page_of_large_approvals_ends_early_and_the_cursor_leads_to_the_rest() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    for _ in 0..5 {
        let body = json!({ "conversationId": conversation, "type": "refund", "reason": "Broken" });
        assert_eq!(served.post("/approvals", &body).send().await.unwrap().status(), 201);
    }
    let all = ids(&served.read("/approvals?limit=100").await);
    // As a version before this one took them.
    grow(&served, "update approvals set metadata = jsonb_build_object('a', repeat('x', $1::int))")
        .await;
    assert_eq!(two_a_page(&served, "/approvals?limit=100").await, all);
    for statement in [
        "update approvals set metadata = '{}', edited_content = repeat('x', $1::int)",
        "with names as (update contacts set name = repeat('x', $1::int))
         update approvals set edited_content = null",
    ] {
        grow(&served, statement).await;
        assert_eq!(two_a_page(&served, "/approvals?limit=100").await, all, "{statement}");
    }
}

#[tokio::test]
async fn a_page_of_a_large_timeline_ends_early_and_the_cursor_leads_to_the_rest() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{conversation}/messages");
    for _ in 0..5 {
        served.post(&path, &json!({ "content": "Hi" })).send().await.unwrap();
    }
    let all = ids(&served.read("/activity?limit=100").await);
    let about = "update activities set conversation_id = null, data = jsonb_build_object(
                   'contactId', (select chatwoot_id from contacts), 'a', $1::int)";
    for statement in [
        "update activities set data = jsonb_build_object('a', repeat('x', $1::int))",
        "update activities set data = '{}', actor = actor || jsonb_build_object('name', repeat('x', $1::int))",
        // Each line has it.
        "with lines as (update activities set actor = null)
         update contacts set name = repeat('x', $1::int)",
        about,
    ] {
        grow(&served, statement).await;
        assert_eq!(two_a_page(&served, "/activity?limit=100").await, all, "{statement}");
    }
}

/// The answers to lists by page number leave rows out only if the cursor leads to them.
#[tokio::test]
async fn a_page_of_large_drafts_ends_early_and_the_cursor_leads_to_the_rest() {
    let served = Served::start().await;
    for number in 1..=5 {
        let path = format!("/conversations/{}/draft", served.write(&Seed::open(number)).await);
        let answer = served.put(&path, &json!({ "content": "Dear" })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let conversations = async |path: &str| -> (Vec<Value>, Value) {
        let list = served.read(path).await;
        let data = list["data"].as_array().unwrap();
        let data = data.iter().map(|draft| draft["conversationId"].clone()).collect();
        (data, list["page"]["nextCursor"].clone())
    };
    let (all, next) = conversations("/drafts?limit=100").await;
    assert_eq!((all.len(), next), (5, Value::Null));
    // Saved at once, so that the rest of the order counts.
    grow(&served, "update drafts set content = repeat('x', $1::int), updated_at = now()").await;
    let (mut seen, mut path) = (Vec::new(), "/drafts?limit=100".to_owned());
    for expected in [2, 2, 1] {
        let (page, next) = conversations(&path).await;
        assert_eq!(page.len(), expected);
        seen.extend(page);
        assert_eq!(next.is_string(), seen.len() < 5);
        path = format!("/drafts?limit=100&cursor={}", next.as_str().unwrap_or_default());
    }
    let order = |drafts: &[Value]| {
        let mut order: Vec<_> = drafts.iter().map(Value::to_string).collect();
        order.sort();
        order
    };
    assert_eq!(seen.iter().map(Value::to_string).collect::<Vec<_>>(), order(&all));
}

#[tokio::test]
async fn a_page_of_large_conversations_ends_early_and_the_cursor_leads_to_the_rest() {
    let served = Served::start().await;
    for number in 1..=5 {
        served.write(&Seed::open(number)).await;
    }
    let sorted = ["newest", "oldest", "waiting", "priority"];
    let path = |sort: &str| format!("/conversations?limit=100&sort={sort}");
    let mut all = Vec::new();
    for sort in sorted {
        all.push(ids(&served.read(&path(sort)).await));
    }
    for statement in [
        "update conversations set custom_attributes = jsonb_build_object('a', repeat('x', $1::int))
         where display_id < 3",
        "update conversations set team_name = repeat('x', $1::int) where display_id = 3",
        "update contacts set thumbnail = repeat('x', $1::int) where chatwoot_id > 3",
    ] {
        grow(&served, statement).await;
    }
    for (sort, all) in sorted.into_iter().zip(all) {
        assert_eq!(two_a_page(&served, &path(sort)).await, all, "{sort}");
    }
}

/// They have no page by number, and no end but this.
#[tokio::test]
async fn a_large_catalogue_is_listed_in_parts() {
    let served = Served::start().await;
    let lists = ["agents", "teams", "labels", "inboxes", "canned_responses"];
    let mut transaction = served.world.store.worker().await.unwrap();
    for statement in [
        "insert into agents (account_id, tenant_id, chatwoot_id, name)
         select id, tenant_id, n, 'x' from chatwoot_accounts, generate_series(1, 5) n",
        "insert into teams (account_id, tenant_id, chatwoot_id, name)
         select id, tenant_id, n, 'x' from chatwoot_accounts, generate_series(1, 5) n",
        "insert into labels (account_id, tenant_id, chatwoot_id, title)
         select id, tenant_id, n, 'x' || n from chatwoot_accounts, generate_series(1, 5) n",
        "insert into inboxes (account_id, tenant_id, chatwoot_id, name)
         select id, tenant_id, n, 'x' from chatwoot_accounts, generate_series(1, 5) n",
        "insert into canned_responses (account_id, tenant_id, chatwoot_id, short_code, content)
         select id, tenant_id, n, 'x', 'y' from chatwoot_accounts, generate_series(1, 5) n",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    for list in lists {
        let list = list.replace('_', "-");
        let whole = served.read(&format!("/{list}")).await;
        assert_eq!((numbers(&whole), &whole["page"]), (vec![1, 2, 3, 4, 5], &Value::Null));
        let odd = served.refusal(&format!("/{list}?cursor=x")).await;
        assert_eq!(odd, (422, "invalid".to_owned()));
    }
    for statement in [
        "update agents set available_name = repeat('x', $1::int)",
        "update teams set description = repeat('x', $1::int)",
        "update labels set description = repeat('x', $1::int)",
        "update inboxes set channel = repeat('x', $1::int)",
        "update canned_responses set content = repeat('x', $1::int)",
    ] {
        grow(&served, statement).await;
    }
    for list in lists {
        let list = list.replace('_', "-");
        let (mut seen, mut path) = (Vec::new(), format!("/{list}"));
        for expected in [2, 2, 1] {
            let page = served.read(&path).await;
            assert_eq!(numbers(&page).len(), expected, "{list}");
            seen.extend(numbers(&page));
            let next = page["page"]["nextCursor"].as_str();
            assert_eq!(next.is_some(), seen.len() < 5);
            path = format!("/{list}?cursor={}", next.unwrap_or_default());
        }
        assert_eq!(seen, [1, 2, 3, 4, 5], "{list}");
    }
}

/// Five rows, of which no page has more than two, in their order.
async fn two_a_page(served: &Served, list: &str) -> Vec<String> {
    let (mut seen, mut path) = (Vec::new(), list.to_owned());
    for expected in [2, 2, 1] {
        let page = served.read(&path).await;
        assert_eq!(ids(&page).len(), expected);
        seen.extend(ids(&page));
        let next = page["page"]["nextCursor"].as_str();
        assert_eq!(next.is_some(), seen.len() < 5);
        path = format!("{list}&cursor={}", next.unwrap_or_default());
    }
    seen
}

/// They are held until they are sent, however slowly that goes.
#[tokio::test]
async fn large_answers_that_nobody_reads_leave_room_for_another_tenants() {
    let served = Served::start().await;
    let seed = || Seed { messages: vec![("incoming", "Hi")], ..Seed::open(1) };
    let ours = format!("/conversations/{}/messages", served.write(&seed()).await);
    let account = served.world.account("theirs", 2).await;
    let theirs = seed().write(&served.world.store, &account).await;
    let theirs = served.url(&format!("/conversations/{theirs}/messages"));
    let key = served.key("theirs", domain::Role::Admin.permissions()).await;
    // Far more than is sent before anybody reads.
    grow(
        &served,
        "update messages set content_attributes = jsonb_build_object('a', repeat('x', $1::int * 4))",
    )
    .await;
    let mut unread = Vec::new();
    let refused = loop {
        let answer = served.get(&ours).send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        unread.push(answer);
        assert!(unread.len() < 9, "they may hold as much as they like");
    };
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(problem(refused).await, (503, "busy".to_owned()));
    assert_eq!(unread.len(), 4, "half of the room");
    served.read("/conversations").await;
    let other = served.http.get(&theirs).bearer_auth(&key).send().await.unwrap();
    assert_eq!(other.status(), 200);
    assert!(other.bytes().await.unwrap().len() > 16_000_000);
    unread.clear();
    eventually("they leave it when they are gone", || async {
        served.get(&ours).send().await.unwrap().status() == 200
    })
    .await;
}

/// Those that are on their way share room, whatever they turn out to be.
#[tokio::test]
async fn a_tenants_long_bodies_leave_room_for_anothers_and_short_ones_need_none() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/draft", served.write(&Seed::open(1)).await);
    let long = || {
        let begun = stream::iter([Ok::<_, std::io::Error>("{".repeat(1_000))]);
        let request = served.put(&path, &json!({})).header(header::CONTENT_LENGTH, 1_000_000);
        request.body(Body::wrap_stream(begun.chain(stream::pending()))).send()
    };
    let mut under_way: Vec<_> = (0..12).map(|_| tokio::spawn(long())).collect();
    let refused = async || {
        let more = json!({ "content": "x".repeat(100_000) });
        let answer = served.put(&path, &more).send().await.unwrap();
        (answer.status() == 503).then_some(answer)
    };
    eventually("they have all the room that a tenant has", || async { refused().await.is_some() })
        .await;
    let refused = refused().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(problem(refused).await, (503, "busy".to_owned()));
    let short = served.put(&path, &json!({ "content": "Short" })).send().await.unwrap();
    assert_eq!(short.status(), 200);
    served.world.account("theirs", 2).await;
    let theirs = served.key("theirs", domain::Role::Admin.permissions()).await;
    let request = served.http.put(served.url(&path)).bearer_auth(&theirs);
    let other = request.json(&json!({ "content": "x".repeat(100_000) })).send().await.unwrap();
    assert_ne!(other.status(), 503);
    under_way.drain(..).for_each(|one| one.abort());
    eventually("they leave it when they are gone", || async {
        let again = json!({ "content": "x".repeat(100_000) });
        served.put(&path, &again).send().await.unwrap().status() == 200
    })
    .await;
}

/// Read, a value takes up to a hundred times the bytes that it is written in.
#[tokio::test]
async fn a_body_that_is_little_else_than_values_is_not_read() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let change = async |objects: usize| {
        let list = vec![r#"{"":0}"#; objects].join(",");
        let body = format!(r#"{{"customAttributes":{{"x":[{list}]}}}}"#);
        served.patch(&path, &json!({})).body(body).send().await.unwrap()
    };
    assert_eq!(problem(change(100_000).await).await, (413, "too-large".to_owned()));
    let fits = change(100).await;
    assert!(fits.status().is_success(), "{}", fits.status());
    // What a text holds are no values.
    let text = json!({ "customAttributes": { "x": "{[,".repeat(30_000) } });
    assert_ne!(served.patch(&path, &text).send().await.unwrap().status(), 413);
}
