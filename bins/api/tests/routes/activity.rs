use domain::{Activity, ActivityId, Actor, ContactId};
use serde_json::{Value, json};
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, TENANT, ids};

/// A line that Chatwoot's events write.
fn line(served: &Served, kind: &str, data: Value) -> Activity {
    Activity {
        id: ActivityId::generate(),
        kind: kind.to_owned(),
        source: "chatwoot".to_owned(),
        account_id: Some(served.ours.key),
        conversation_id: None,
        about: None,
        actor: None,
        occurred_at: chrono::Utc::now(),
        data: data.into(),
    }
}

async fn execute(served: &Served, statement: &'static str) {
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
}

#[tokio::test]
async fn the_timeline_is_listed_filtered_and_gone_through() {
    let served = Served::start().await;
    let (here, there) = (served.write(&Seed::open(1)).await, served.write(&Seed::open(2)).await);
    for conversation in [here, there, here] {
        let path = format!("/conversations/{conversation}/messages");
        served.post(&path, &json!({ "content": "Hi" })).send().await.unwrap();
    }
    let all = served.read("/activity").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    assert_eq!(all["data"][0]["type"], "message_queued");
    assert_eq!(all["data"][0]["actor"]["name"], "Dev Admin");
    for (query, count) in [
        (format!("conversationId={here}"), 2),
        ("type=message_queued,other".to_owned(), 3),
        ("type=other".to_owned(), 0),
        ("source=axis".to_owned(), 3),
        ("source=chatwoot".to_owned(), 0),
        ("actor=member".to_owned(), 3),
        ("actor=member:dev-admin".to_owned(), 3),
        ("actor=member:somebody-else".to_owned(), 0),
        ("actor=contact".to_owned(), 0),
    ] {
        assert_eq!(ids(&served.read(&format!("/activity?{query}")).await).len(), count, "{query}");
    }
    let first = served.read("/activity?limit=2").await;
    let cursor = first["page"]["nextCursor"].as_str().unwrap();
    let rest = served.read(&format!("/activity?limit=2&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&rest)].concat(), ids(&all));
    assert_eq!(rest["page"]["nextCursor"], Value::Null);

    let theirs = served.world.account("theirs", 2).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let activity = line(&served, "message_created", json!({}));
    let activity = Activity { account_id: Some(theirs.key), ..activity };
    let id = activity.id;
    let line = store::activities::Record { tenant: theirs.tenant, activity, undated: false };
    store::activities::record(&mut transaction, &[line]).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(ids(&served.read("/activity").await), ids(&all));
    assert_eq!(served.refusal(&format!("/activity/{id}")).await, (404, "not-found".to_owned()));
    let invalid = (422, "invalid".to_owned());
    assert_eq!(served.refusal("/activity?cursor=x").await, invalid);
    assert_eq!(served.refusal("/activity?limit=1000").await, invalid);
}

/// Contact 5 of one installation and contact 5 of another are two people.
#[tokio::test]
async fn an_account_tells_apart_whom_two_installations_give_the_same_id() {
    let served = Served::start().await;
    let other = served.world.account(TENANT, 2).await;
    let lines = [(served.ours.key, "Paula"), (other.key, "Otto")].map(|(account, name)| {
        let actor = Actor {
            kind: "contact".to_owned(),
            id: Some("5".to_owned()),
            name: Some(name.to_owned()),
        };
        let line = line(&served, "widget_opened", json!({}));
        let activity = Activity { account_id: Some(account), actor: Some(actor), ..line };
        store::activities::Record { tenant: other.tenant.clone(), activity, undated: false }
    });
    let mut transaction = served.world.store.worker().await.unwrap();
    store::activities::record(&mut transaction, &lines).await.unwrap();
    store::commit(transaction).await.unwrap();
    let named = async |query: String| {
        let list = served.read(&format!("/activity?{query}")).await;
        let names = list["data"].as_array().unwrap().iter().map(|line| &line["actor"]["name"]);
        let mut names: Vec<_> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(named("actor=contact:5".to_owned()).await, ["Otto", "Paula"]);
    for (account, name) in [(served.ours.key, "Paula"), (other.key, "Otto")] {
        assert_eq!(named(format!("actor=contact:5&accountId={account}")).await, [name]);
        assert_eq!(named(format!("accountId={account}")).await, [name]);
    }
    assert_eq!(served.refusal("/activity?accountId=x").await.0, 400);
}

/// A stream would keep them for hours, and compare every event with each.
#[tokio::test]
async fn a_client_chooses_a_few_types_of_short_names() {
    let served = Served::start().await;
    let name = "n".repeat(64);
    for (types, status) in [
        (vec![&*name; 64].join(","), 200),
        (vec!["n"; 65].join(","), 422),
        (vec![""; 20_000].join(","), 422),
        (format!("note,{name}n"), 422),
    ] {
        for kind in ["application/json", "text/event-stream"] {
            let request = served.get("/activity").query(&[("type", &types)]);
            let answer = request.header("accept", kind).send().await.unwrap();
            assert_eq!(answer.status(), status, "{kind} {}", types.len());
            if status == 422 {
                let refused: Value = answer.json().await.unwrap();
                assert_eq!(refused["errors"][0]["field"], "type", "{refused}");
            }
        }
    }
}

/// Nobody has the database read a whole timeline for what is not in it.
#[tokio::test]
async fn what_is_rare_is_found_by_going_on() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await;
    let path = format!("/conversations/{conversation}/messages");
    served.post(&path, &json!({ "content": "Hi" })).send().await.unwrap();
    let rare = ids(&served.read("/activity").await);
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query(
        "insert into activities (id, tenant_id, occurred_at, kind, source, actor)
         select gen_random_uuid(), $1, now() + n * interval '1 ms', 'usual', 'chatwoot',
                '{\"type\": \"user\", \"id\": \"7\"}'
         from generate_series(1, 50000) n",
    )
    .bind(served.ours.tenant.as_str())
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    let here = format!("accountId={}", served.ours.key);
    let filters = ["type=message_queued", "source=axis", "actor=member", "actor=member:dev-admin"];
    for filter in filters.into_iter().chain([&*here]) {
        let first = served.read(&format!("/activity?{filter}")).await;
        assert_eq!(ids(&first), [""; 0], "{filter}");
        let cursor = first["page"]["nextCursor"].as_str().unwrap();
        let rest = served.read(&format!("/activity?{filter}&cursor={cursor}")).await;
        assert_eq!((ids(&rest), &rest["page"]["nextCursor"]), (rare.clone(), &Value::Null));
    }
    // What there is enough of is on the first page, and what has an index.
    let usual = served.read("/activity?type=usual&limit=3").await;
    assert_eq!(ids(&usual), ids(&served.read("/activity?limit=3").await));
    let here = format!("/activity?type=message_queued&conversationId={conversation}");
    assert_eq!(ids(&served.read(&here).await), rare);
}

#[tokio::test]
async fn every_line_says_whom_it_concerns_and_the_live_one_says_the_same() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(7)).await;
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let path = format!("/conversations/{conversation}");
    let messages = format!("{path}/messages");
    for (path, body) in [
        (&messages, json!({ "content": "Hi" })),
        (&messages, json!({ "content": "A refund?", "private": true })),
        (&format!("{path}/escalate"), json!({ "reason": "Fifty euros?" })),
        (&format!("{path}/unread"), json!({})),
    ] {
        assert!(served.post(path, &body).send().await.unwrap().status().is_success(), "{path}");
    }
    let change = json!({ "status": "resolved", "priority": "high" });
    assert_eq!(served.patch(&path, &change).send().await.unwrap().status(), 200);
    let request = served.read("/approvals").await["data"][0]["id"].as_str().unwrap().to_owned();
    let withdrawn = served.delete(&format!("/approvals/{request}")).send().await.unwrap();
    assert_eq!(withdrawn.status(), 200);

    let all = served.read("/activity").await;
    let lines = all["data"].as_array().unwrap();
    assert_eq!(lines.len(), 7);
    let contact = json!({ "id": ContactId::of(served.ours.key, 7), "name": "Customer 7" });
    let about =
        json!({ "chatwootConversationId": 7, "channel": "Channel::WebWidget", "contact": contact });
    for line in lines {
        assert_eq!(line["about"], about, "{line}");
        let path = format!("/activity/{}", line["id"].as_str().unwrap());
        assert_eq!(&served.read(&path).await, line);
        let told = stream.next().await.unwrap().json();
        assert_eq!(told["about"], about, "{told}");
        if told["type"].as_str().unwrap().starts_with("approval") {
            assert_eq!(told["approval"]["about"], about);
        }
    }
    assert_eq!(served.read(&format!("/approvals/{request}")).await["about"], about);
}

/// A name is read with the line, so it does not outlive the person in it.
#[tokio::test]
async fn lines_name_people_as_they_are_called_now_and_not_once_they_are_gone() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(7)).await;
    let customer = json!({ "contactId": 7, "contact": ContactId::of(served.ours.key, 7) });
    let lines = [
        Activity {
            conversation_id: Some(conversation),
            ..line(&served, "widget_opened", json!({}))
        },
        line(&served, "contact_updated", customer),
        line(&served, "widget_opened", json!({ "contactId": 7 })),
        line(&served, "contact_created", json!({ "contactId": 8 })),
        line(&served, "message_created", json!({})),
    ];
    let of = |activity: Activity| store::activities::Record {
        tenant: served.ours.tenant.clone(),
        activity,
        undated: false,
    };
    let mut transaction = served.world.store.worker().await.unwrap();
    store::activities::record(&mut transaction, &lines.map(of)).await.unwrap();
    store::commit(transaction).await.unwrap();
    let named = async || {
        let list = served.read("/activity").await;
        let about = list["data"].as_array().unwrap().iter().rev().map(|line| &line["about"]);
        let name = |about: &Value| {
            let number = about["chatwootConversationId"].as_i64();
            (number, about["contact"]["name"].as_str().map(str::to_owned))
        };
        about.map(name).collect::<Vec<_>>()
    };
    let expected = |name: Option<&str>| {
        let name = name.map(str::to_owned);
        [(Some(7), name.clone()), (None, name.clone()), (None, name), (None, None), (None, None)]
    };
    assert_eq!(named().await, expected(Some("Customer 7")));
    execute(&served, "update contacts set name = 'Mia Married'").await;
    assert_eq!(named().await, expected(Some("Mia Married")));
    execute(&served, "update contacts set gone_at = version_at + 1").await;
    assert_eq!(named().await, expected(None));
    let shown = served.read(&format!("/conversations/{conversation}")).await;
    assert_eq!(shown["contact"], Value::Null);
}
