use serde_json::{Value, json};

use crate::support::{Seed, Served, at, ids, numbers, problem};

#[tokio::test]
async fn a_list_shows_what_a_row_needs() {
    let served = Served::start().await;
    let mut seed = Seed::open(7);
    seed.state.priority = Some("high".to_owned());
    seed.state.assignee_id = Some(5);
    seed.state.assignee_type = Some("user".to_owned());
    seed.state.labels = vec!["billing".to_owned()];
    seed.messages = vec![
        ("incoming", "Hello?"),
        ("incoming", "Anybody there?"),
        ("outgoing", "Yes."),
        ("activity", "Ana joined"),
    ];
    let id = served.write(&seed).await;
    let list = served.read("/conversations").await;
    insta::assert_json_snapshot!(list, {
        ".data[].id" => "[id]", ".data[].accountId" => "[id]", ".data[].contact.id" => "[id]",
        ".data[].lastMessage.id" => "[id]", ".data[].updatedAt" => "[time]",
        ".position.activity" => "[position]",
    });
    let answer = served.get(&format!("/conversations/{id}")).send().await.unwrap();
    assert!(answer.headers()["etag"].to_str().unwrap().starts_with('"'));
    assert!(answer.headers().contains_key("x-request-id"));
    assert_eq!(answer.json::<Value>().await.unwrap(), list["data"][0]);
}

/// Six conversations that every sort puts in another order.
async fn six(served: &Served) {
    let rows = [
        (1, 60, None, Some(9)),
        (2, 50, Some("low"), Some(3)),
        (3, 40, Some("urgent"), None),
        (4, 30, Some("high"), Some(1)),
        (5, 20, Some("urgent"), None),
        (6, 10, Some("medium"), Some(2)),
    ];
    for (number, last_activity, priority, waiting) in rows {
        let mut seed = Seed { last_activity, ..Seed::open(number) };
        seed.state.priority = priority.map(str::to_owned);
        seed.state.waiting_since = waiting.map(at);
        served.write(&seed).await;
    }
}

#[tokio::test]
async fn every_sort_is_gone_through_once_by_cursor_and_by_page() {
    let served = Served::start().await;
    six(&served).await;
    let orders: [(&str, &[i64]); 3] = [
        ("newest", &[1, 2, 3, 4, 5, 6]),
        ("oldest", &[6, 5, 4, 3, 2, 1]),
        ("priority", &[3, 5, 4, 6, 2, 1]),
    ];
    for (sort, order) in orders {
        let all = served.read(&format!("/conversations?sort={sort}")).await;
        assert_eq!(numbers(&all), order, "{sort}");
        assert_eq!(all["page"]["nextCursor"], Value::Null);
    }
    let waiting = served.read("/conversations?sort=waiting").await;
    assert_eq!(numbers(&waiting)[..4], [4, 6, 2, 1]);
    for sort in ["newest", "oldest", "waiting", "priority"] {
        let all = ids(&served.read(&format!("/conversations?sort={sort}")).await);
        let mut path = format!("/conversations?sort={sort}&limit=2");
        let (mut by_cursor, mut by_page) = (Vec::new(), Vec::new());
        for page in 1..=3 {
            let list = served.read(&path).await;
            by_cursor.extend(ids(&list));
            if let Some(cursor) = list["page"]["nextCursor"].as_str() {
                path = format!("/conversations?sort={sort}&limit=2&cursor={cursor}");
            }
            let numbered = format!("/conversations?sort={sort}&limit=2&page={page}");
            by_page.extend(ids(&served.read(&numbered).await));
        }
        assert_eq!((&by_cursor, &by_page), (&all, &all), "{sort}");
    }
}

#[tokio::test]
async fn filters_and_searches_choose() {
    let served = Served::start().await;
    let mut one = Seed::open(1);
    one.state.priority = Some("urgent".to_owned());
    one.state.assignee_id = Some(5);
    one.state.team_id = Some(8);
    one.state.labels = vec!["billing".to_owned(), "vip".to_owned()];
    one.contact.name = Some("Zoë Quist".to_owned());
    one.contact.phone_number = Some("+4912345678".to_owned());
    one.messages = vec![("incoming", "my parcel is late")];
    served.write(&one).await;
    let mut two = Seed::open(2);
    two.state.status = "resolved".to_owned();
    two.state.inbox_id = Some(4);
    two.contact.email = Some("info_100%@example.com".to_owned());
    two.messages = vec![("incoming", "the invoice is wrong")];
    served.write(&two).await;
    let chosen: [(&str, &[i64]); 20] = [
        ("status=open", &[1]),
        ("status=resolved", &[2]),
        ("status=", &[2, 1]),
        ("priority=urgent", &[1]),
        ("priority=none", &[2]),
        ("assigneeId=5", &[1]),
        ("assigneeId=any", &[1]),
        ("assigneeId=none", &[2]),
        ("teamId=8", &[1]),
        ("inboxId=4", &[2]),
        ("label=vip", &[1]),
        ("label=VIP", &[]),
        ("search=2", &[2]),
        ("search=%232", &[2]),
        ("search=zo%C3%AB", &[1]),
        ("search=2345", &[1]),
        ("search=parcel%20late", &[1]),
        ("search=_100%25", &[2]),
        ("search=example_com", &[]),
        ("search=invoice&status=open", &[]),
    ];
    for (query, expected) in chosen {
        let list = served.read(&format!("/conversations?{query}")).await;
        assert_eq!(numbers(&list), expected, "{query}");
    }
}

#[tokio::test]
async fn a_label_that_is_given_and_taken_chooses_at_once() {
    let served = Served::start().await;
    for number in 1..=3 {
        let mut seed = Seed::open(number);
        seed.state.labels = vec!["billing".to_owned(), "vip".to_owned()];
        served.write(&seed).await;
    }
    let all = ids(&served.read("/conversations?label=vip").await);
    let wanted = json!({ "labels": ["billing", "late"] });
    let path = format!("/conversations/{}", all[1]);
    assert_eq!(served.patch(&path, &wanted).send().await.unwrap().status(), 200);
    for (label, expected) in [
        ("vip", vec![&all[0], &all[2]]),
        ("late", vec![&all[1]]),
        ("billing", all.iter().collect()),
    ] {
        let mut found = ids(&served.read(&format!("/conversations?label={label}")).await);
        found.sort_by_key(|id| all.iter().position(|one| one == id));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{label}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let served = Served::start().await;
    six(&served).await;
    let list = served.read("/conversations?limit=1").await;
    let cursor = list["page"]["nextCursor"].as_str().unwrap();
    for (query, status, code) in [
        ("limit=0", 422, "invalid"),
        ("limit=101", 422, "invalid"),
        ("limit=many", 400, "bad-query"),
        ("page=0", 422, "invalid"),
        ("page=1000&limit=100", 422, "invalid"),
        ("sort=random", 400, "bad-query"),
        ("assigneeId=myself", 422, "invalid"),
        ("cursor=nonsense", 422, "invalid"),
        (&format!("page=2&cursor={cursor}"), 422, "invalid"),
        (&format!("sort=oldest&cursor={cursor}"), 422, "invalid"),
        ("search=%00", 400, "bad-query"),
        (&format!("search={}", "x".repeat(201)), 422, "invalid"),
    ] {
        let refusal = served.refusal(&format!("/conversations?{query}")).await;
        assert_eq!(refusal, (status, code.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn another_tenants_conversations_do_not_exist() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let mut seed = Seed::open(1);
    seed.contact.name = Some("Secret".to_owned());
    seed.messages = vec![("incoming", "confidential words")];
    let id = seed.write(&served.world.store, &theirs).await;
    for query in ["", "?search=1", "?search=Secret", "?search=confidential"] {
        assert!(ids(&served.read(&format!("/conversations{query}")).await).is_empty(), "{query}");
    }
    let not_found = (404, "not-found".to_owned());
    assert_eq!(served.refusal(&format!("/conversations/{id}")).await, not_found);
    assert_eq!(served.refusal(&format!("/conversations/{id}/messages")).await, not_found);
    let reply = serde_json::json!({ "content": "Hi" });
    let posted = served.post(&format!("/conversations/{id}/messages"), &reply).send().await;
    assert_eq!(problem(posted.unwrap()).await, not_found);
    for id in ["7", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(served.refusal(&format!("/conversations/{id}")).await, not_found);
    }
}
