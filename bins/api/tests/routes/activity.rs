use serde_json::{Value, json};

use testkit::sqlx;

use crate::support::{Seed, Served, ids};

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
    let activity = domain::Activity {
        id: domain::ActivityId::generate(),
        kind: "message_created".to_owned(),
        source: "chatwoot".to_owned(),
        account_id: Some(theirs.key),
        conversation_id: None,
        actor: None,
        occurred_at: chrono::Utc::now(),
        data: json!({}),
    };
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
    for filter in ["type=message_queued", "source=axis", "actor=member", "actor=member:dev-admin"] {
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
