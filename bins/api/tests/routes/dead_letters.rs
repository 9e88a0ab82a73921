//! What operators see of dead letters and do with them.

use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Served, audit, body, dead_letter, ids, problem};

#[tokio::test]
async fn dead_letters_are_listed_with_personal_data_masked_page_by_page() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let first = dead_letter(&served, &served.ours, "Ana wrote").await;
    for _ in 0..20 {
        dead_letter(&served, &theirs, "confidential").await;
    }
    let second = dead_letter(&served, &served.ours, "Ana wrote").await;
    let list = served.read("/operations/dead-letters").await;
    assert_eq!(ids(&list), [second.clone(), first.clone()]);
    assert_eq!(list["page"]["nextCursor"], Value::Null);
    let row = &list["data"][0];
    assert_eq!((&row["stream"], &row["reason"]), (&json!("INBOUND"), &json!("undecodable")));
    assert_eq!(row["accountId"], served.ours.key.to_string());
    assert_eq!(row["event"], "message_created");
    assert_eq!(row["detail"], "invalid input \"A… (9 characters)\"");
    let page = served.read("/operations/dead-letters?limit=1").await;
    assert_eq!(ids(&page), [second]);
    let cursor = page["page"]["nextCursor"].as_str().unwrap();
    let page = served.read(&format!("/operations/dead-letters?limit=1&cursor={cursor}")).await;
    assert_eq!(ids(&page), std::slice::from_ref(&first));
    for (filter, count) in [
        ("reason=undecodable&stream=INBOUND", 2),
        ("reason=other", 0),
        ("stream=OUTBOUND", 0),
        (&*format!("accountId={}", served.ours.key), 2),
        (&*format!("accountId={}", theirs.key), 0),
    ] {
        let list = served.read(&format!("/operations/dead-letters?{filter}")).await;
        assert_eq!(ids(&list).len(), count, "{filter}");
    }
    let shown = served.read(&format!("/operations/dead-letters/{first}")).await;
    assert_eq!(shown["payload"]["event"], "message_created");
    assert_eq!(shown["payload"]["content"], "A… (9 characters)");
    assert!(!shown.to_string().contains("Ana"), "{shown}");
    assert_eq!(served.refusal("/operations/dead-letters?cursor=x").await.0, 422);
}

#[tokio::test]
async fn dead_letters_are_counted_behind_others_that_were_removed() {
    let served = Served::start().await;
    let theirs = served.world.account("theirs", 2).await;
    let letters = served.world.bus.dead_letters();
    dead_letter(&served, &served.ours, "x").await;
    let counted = async || served.read("/operations/pipeline").await["deadLetters"].clone();
    for (removed, expected) in [(220, json!(1)), (800, Value::Null)] {
        for _ in 0..removed {
            dead_letter(&served, &theirs, "x").await;
            let newest = letters.among(None, 1).await.unwrap().0.pop().unwrap();
            letters.drop(newest.sequence).await.unwrap();
        }
        // What was counted a moment ago is told for a moment.
        eventually(&format!("behind {removed} more"), || async { counted().await == expected })
            .await;
    }
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_once_and_what_was_done_is_in_the_audit() {
    let served = Served::start().await;
    let id = dead_letter(&served, &served.ours, "Ana wrote").await;
    let path = format!("/operations/dead-letters/{id}/redrive");
    let held = async || served.world.bus.stream("INBOUND").await.unwrap().messages;
    let tried = body(served.post(&path, &json!({ "dryRun": true })).send().await.unwrap()).await;
    assert_eq!((&tried["outcome"], &tried["dryRun"]), (&json!("would-be-sent"), &json!(true)));
    assert_eq!((held().await, audit(&served, "dead-letters%20redrive").await.len()), (0, 0));

    let request = || served.post(&path, &json!({})).header("idempotency-key", "once");
    let sent = body(request().send().await.unwrap()).await;
    assert_eq!((&sent["outcome"], &sent["sequence"]), (&json!("sent"), &json!(1)));
    assert_eq!(sent["deadLetter"]["id"], id);
    let again = request().send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(body(again).await, sent);
    let gone = served.post(&path, &json!({})).send().await.unwrap();
    assert_eq!(problem(gone).await, (404, "not-found".to_owned()));
    assert_eq!((held().await, ids(&served.read("/operations/dead-letters").await).len()), (1, 0));

    let deeds = audit(&served, "dead-letters%20redrive").await;
    let [ended, begun] = &deeds[..] else { panic!("{deeds:?}") };
    assert_eq!((&begun["details"]["begins"], &begun["count"]), (&json!(true), &Value::Null));
    assert_eq!(ended["details"], json!({ "begun": begun["id"], "ended": "done" }));
    assert_eq!((&ended["count"], &ended["actor"]), (&json!(1), &json!("member dev-admin")));
    assert_eq!(ended["accountId"], served.ours.key.to_string());
    assert!(!format!("{deeds:?}").contains("Ana"));
}

#[tokio::test]
async fn of_two_who_drop_a_dead_letter_one_does() {
    let served = Served::start().await;
    let id = dead_letter(&served, &served.ours, "x").await;
    let kept = dead_letter(&served, &served.ours, "x").await;
    let path = format!("/operations/dead-letters/{id}/drop");
    let tried = body(served.post(&path, &json!({ "dryRun": true })).send().await.unwrap()).await;
    assert_eq!(tried["outcome"], "would-be-dropped");
    let drop = || served.post(&path, &json!({})).send();
    let (one, other) = tokio::join!(drop(), drop());
    let mut outcomes = Vec::new();
    for answer in [one.unwrap(), other.unwrap()] {
        match answer.status().as_u16() {
            200 => outcomes.push(body(answer).await["outcome"].as_str().unwrap().to_owned()),
            status => assert_eq!(status, 404),
        }
    }
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "dropped").count(), 1, "{outcomes:?}");
    assert_eq!(ids(&served.read("/operations/dead-letters").await), [kept]);
}
