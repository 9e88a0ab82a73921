//! Several who do the same, or the opposite, at the same time: one of them does it, nobody is told of a
//! fault of ours.

use domain::Role;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use testkit::reqwest::{Method, RequestBuilder, Response};
use testkit::sqlx;

use crate::support::{Seed, Served, TENANT, comes_in, ids, problem};
use crate::walk::{Things, Tokens, Walk};

/// What holds a secret is made anew for whoever asks again.
const SECRET_ANSWERS: [&str; 2] = ["/api-keys", "/activity/tickets"];

/// What takes more than an administrator, an example and the things of [`Things`], and the test that has
/// it: a Chatwoot, a state of its own, or a body that no example shows.
const WANT_MORE: [(&str, &str); 15] = [
    ("POST /accounts", "accounts"),
    ("DELETE /accounts/{id}", "accounts"),
    ("POST /accounts/{id}/rotate", "accounts"),
    ("POST /accounts/{id}/webhook/check", "accounts"),
    ("POST /api-keys", "api_keys"),
    ("DELETE /approvals/{id}", "decisions"),
    ("GET /attachments/{id}", "attachments"),
    ("POST /canned-responses", "making"),
    ("PATCH /conversations/{id}", "changes"),
    ("GET /conversations/{id}/draft", "drafts"),
    ("POST /conversations/{id}/messages/{messageId}/cancel", "interventions"),
    ("POST /conversations/{id}/messages/{messageId}/retry", "retries"),
    ("POST /labels", "making"),
    ("PUT /me/links/{id}", "links"),
    ("DELETE /tenants/{id}/claims", "tenants"),
];

async fn at_once(requests: impl IntoIterator<Item = RequestBuilder>) -> Vec<Response> {
    let sent = join_all(requests.into_iter().map(RequestBuilder::send)).await;
    sent.into_iter().map(Result::unwrap).collect()
}

fn statuses(answers: &[Response]) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

/// How many lines of the timeline are of this type.
async fn told(served: &Served, kind: &str) -> usize {
    let list = served.read(&format!("/activity?limit=100&type={kind}")).await;
    list["data"].as_array().unwrap().len()
}

/// A reply that Chatwoot does not have; its address.
async fn written(served: &Served, number: i64) -> String {
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(number)).await);
    let answer = served.post(&path, &json!({ "content": "Hi" })).send().await.unwrap();
    let message: Value = answer.json().await.unwrap();
    format!("{path}/{}", message["id"].as_str().unwrap())
}

/// Where it matters who comes first: what the others are answered. Everywhere else all are answered
/// alike.
const OTHERS: [(&str, (u16, &str)); 3] = [
    ("DELETE /conversations/{id}/messages/{messageId}", (200, "")),
    ("POST /tenants", (409, "taken")),
    ("POST /tenants/{id}/claims", (200, "")),
];

/// What tells of a moment.
const OF_THE_MOMENT: [&str; 2] = ["/operations/accounts", "/operations/pipeline"];

/// What takes an account that the API may administer, or a Chatwoot that answers; some wait for that.
const ELSEWHERE: [u16; 2] = [501, 503];

/// What an answer is: its status, the code of a refusal, and its text.
async fn outcome(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let code = if status < 400 { "" } else { body["code"].as_str().expect("a problem") };
    (status, code.to_owned(), text)
}

/// A text without the place in the stream that it reflects, which moves as what was done before is announced.
fn without_place(text: &str) -> String {
    let Ok(mut body) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    if let Some(fields) = body.as_object_mut() {
        fields.remove("position");
    }
    body.to_string()
}

#[tokio::test]
async fn every_operation_is_done_and_none_fails_when_many_ask_at_once() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let (mut refused, mut wrong) = (Vec::new(), Vec::new());
    for (number, operation) in (1..).zip(walk.operations()) {
        let things = Things::seed(&served, &served.ours, number).await;
        let request =
            || walk.request(&served, &operation, &things).bearer_auth(tokens.whose(&operation));
        let answers = at_once((0..5).map(|_| request())).await;
        let name = operation.to_string().replace("/api/v1", "");
        let outcomes = join_all(answers.into_iter().map(outcome)).await;
        let is_good = |status: u16| status < 400;
        if !outcomes.iter().any(|(status, ..)| is_good(*status)) {
            refused.push(name.clone());
        }
        let elsewhere = |status: &u16| {
            ELSEWHERE.contains(status) && WANT_MORE.iter().any(|(one, _)| *one == name)
        };
        let named = |status: &u16| operation.answers.contains(&status.to_string());
        if !outcomes.iter().all(|(status, ..)| named(status) || elsewhere(status)) {
            wrong.push(format!("{name} answers what it does not tell of: {outcomes:?}"));
        }
        let (rest, first): (Vec<_>, Vec<_>) = outcomes.iter().partition(|(status, code, _)| {
            OTHERS.contains(&(name.as_str(), (*status, code.as_str())))
        });
        // What is elsewhere may be asked for by a few at a time.
        let kind = |(status, code, _): &(u16, String, String)| {
            (*status, if elsewhere(status) { String::new() } else { code.clone() })
        };
        let alike = first.iter().all(|one| kind(one) == kind(first[0]));
        let is_race = OTHERS.iter().any(|(one, _)| *one == name);
        if !alike || is_race != (first.len() == 1) || is_race == rest.is_empty() {
            wrong.push(format!("{name} is answered in several ways: {outcomes:?}"));
        }
        let looks = operation.method == Method::GET
            && !OF_THE_MOMENT.iter().any(|path| name.ends_with(path));
        if looks && is_good(outcomes[0].0) {
            let shown: Vec<_> = outcomes.iter().map(|one| without_place(&one.2)).collect();
            if shown.iter().any(|one| *one != shown[0]) {
                wrong.push(format!("{name} shows several things: {outcomes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: Vec<_> = WANT_MORE.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(
        refused, known,
        "what is not done for a plain example has a test of its own, named here"
    );
}

/// Each event is put once more before the workers, and not twice.
#[tokio::test]
async fn of_two_replays_at_once_under_one_key_one_is_begun() {
    let served = Served::start().await;
    for number in 0..3 {
        comes_in(&served, &served.ours, &format!("event_{number}")).await;
    }
    let from = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let wanted = json!({ "accountId": served.ours.key, "from": from, "dryRun": false });
    let ask = || served.post("/operations/replay", &wanted).header("idempotency-key", "k");
    let mut begun = Vec::new();
    for (status, code, text) in
        join_all(at_once((0..2).map(|_| ask())).await.into_iter().map(outcome)).await
    {
        match (status, code.as_str()) {
            (202, _) => begun.push(text),
            refused => assert_eq!(refused, (409, "under-way")),
        }
    }
    begun.push(outcome(ask().send().await.unwrap()).await.2);
    assert!(begun.iter().all(|one| *one == begun[0]), "{begun:?}");
    let begun: Value = serde_json::from_str(&begun[0]).unwrap();
    let path = format!("/operations/replays/{}", begun["id"].as_str().unwrap());
    testkit::eventually("it has ended", || async {
        served.read(&path).await["state"] != "running"
    })
    .await;
    assert_eq!(served.read(&path).await["count"], 3);
    assert_eq!(ids(&served.read("/operations/replays").await).len(), 1);
    assert_eq!(served.world.bus.stream("INBOUND").await.unwrap().messages, 6);
}

#[tokio::test]
async fn of_many_at_once_under_one_key_every_post_is_carried_out_once() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let mut shared = 0;
    let posts = walk.operations().into_iter().filter(|one| one.method == Method::POST);
    for (number, operation) in (1..).zip(posts) {
        if SECRET_ANSWERS.iter().any(|path| operation.path.ends_with(path)) {
            continue;
        }
        let things = Things::seed(&served, &served.ours, number).await;
        let ask = || {
            let request =
                walk.request(&served, &operation, &things).bearer_auth(tokens.whose(&operation));
            request.header("idempotency-key", format!("key-{number}"))
        };
        let (mut anew, mut bodies) = (0, Vec::new());
        for answer in at_once((0..6).map(|_| ask())).await {
            let status = answer.status();
            if !status.is_success() {
                continue;
            }
            anew += usize::from(!answer.headers().contains_key("idempotency-replayed"));
            bodies.push(answer.text().await.unwrap());
        }
        let looked = bodies.first().is_some_and(|body| {
            serde_json::from_str::<Value>(body).is_ok_and(|answer| answer["dryRun"] == true)
        });
        if bodies.is_empty() || looked {
            continue;
        }
        assert_eq!(anew, 1, "{operation} was carried out {anew} times");
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{operation}: {bodies:?}");
        shared += 1;
    }
    assert!(shared >= 7, "{shared}");
}

#[tokio::test]
async fn of_many_who_take_a_message_back_one_does() {
    let served = Served::start().await;
    let message = written(&served, 1).await;
    let cancel = format!("{message}/cancel");
    let answers = at_once((0..5).map(|_| served.post(&cancel, &Value::Null))).await;
    assert_eq!(statuses(&answers), [204, 404, 404, 404, 404]);
    assert_eq!(told(&served, "message_cancelled").await, 1);
    assert_eq!(served.commands().await, []);
}

#[tokio::test]
async fn of_many_who_delete_a_message_one_has_it_deleted() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("outgoing", "Oops")], ..Seed::open(1) };
    let path = format!("/conversations/{}/messages", served.write(&seed).await);
    let one = format!("{path}/{}", ids(&served.read(&path).await)[0]);
    let answers = at_once((0..5).map(|_| served.delete(&one))).await;
    assert_eq!(statuses(&answers), [200, 200, 200, 200, 202]);
    assert_eq!(served.commands().await.len(), 1);
    assert_eq!(told(&served, "message_delete_queued").await, 1);
}

#[tokio::test]
async fn many_who_mark_read_and_unread_leave_one_of_both() {
    let served = Served::start().await;
    let seed = Seed { messages: vec![("incoming", "1"), ("incoming", "2")], ..Seed::open(1) };
    let path = format!("/conversations/{}", served.write(&seed).await);
    let reads = (0..5).map(|_| served.post(&format!("{path}/read"), &Value::Null));
    assert_eq!(statuses(&at_once(reads).await), [204; 5]);
    assert_eq!(told(&served, "conversation_read").await, 1);
    assert_eq!(served.commands().await.len(), 1, "Chatwoot is told once");
    let both = ["read", "unread", "read", "unread"];
    let marks = both.map(|mark| served.post(&format!("{path}/{mark}"), &Value::Null));
    assert_eq!(statuses(&at_once(marks).await), [204; 4]);
    // The last word counts, whichever it was.
    let line = &served.read("/activity").await["data"][0]["type"];
    let unread = &served.read(&path).await["unreadCount"];
    assert_eq!(*unread == 0, line == "conversation_read", "{unread} unread after {line}");
}

#[tokio::test]
async fn a_draft_that_is_kept_and_dropped_at_once_is_whole_or_gone() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/draft", served.write(&Seed::open(1)).await);
    for round in 0..5 {
        let content = format!("draft {round}");
        let requests = [served.put(&path, &json!({ "content": content })), served.delete(&path)];
        for answer in at_once(requests).await {
            assert!(answer.status().is_success() || answer.status() == 404, "{}", answer.status());
        }
        let kept = served.get(&path).send().await.unwrap();
        if kept.status() == 200 {
            assert_eq!(kept.json::<Value>().await.unwrap()["content"], json!(content));
        } else {
            assert_eq!(kept.status(), 404);
        }
    }
}

#[tokio::test]
async fn an_approval_is_withdrawn_or_decided_and_never_both() {
    let served = Served::start().await;
    let approver = served.key(TENANT, Role::Approver.permissions()).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    for round in 0..6 {
        let wanted = json!({
            "conversationId": conversation, "type": "proposed_reply", "reason": "Is it right?",
            "metadata": { "content": format!("reply {round}") },
        });
        let asked = served.post("/approvals", &wanted).send().await.unwrap();
        let asked: Value = asked.json().await.unwrap();
        let path = format!("/approvals/{}", asked["id"].as_str().unwrap());
        let decide = served.http.patch(served.url(&path)).bearer_auth(&approver);
        let decide = decide.json(&json!({ "status": "approved" }));
        let before = served.commands().await.len();
        let (withdrawn, decided) = join(served.delete(&path).send(), decide.send()).await;
        let (withdrawn, decided) = (withdrawn.unwrap().status(), decided.unwrap().status());
        let sent = served.commands().await.len() - before;
        let status = served.read(&path).await["status"].clone();
        match (withdrawn.as_u16(), decided.as_u16()) {
            (200, 409) => assert_eq!((status, sent), (json!("withdrawn"), 0)),
            (409, 200) => assert_eq!((status, sent), (json!("approved"), 1)),
            both => panic!("{both:?}, and it is {status}"),
        }
    }
}

#[tokio::test]
async fn of_many_who_revoke_a_key_one_does() {
    let served = Served::start().await;
    let made = served.post("/api-keys", &json!({ "name": "a machine's", "roles": ["viewer"] }));
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    let path = format!("/api-keys/{}", made["key"]["id"].as_str().unwrap());
    let answers = at_once((0..5).map(|_| served.delete(&path))).await;
    assert_eq!(statuses(&answers), [204; 5], "it is revoked, whoever did it");
    let deeds = served.read("/audit?action=api-keys%20revoke").await;
    assert_eq!(deeds["data"].as_array().unwrap().len(), 1, "{deeds}");
}

#[tokio::test]
async fn of_many_who_send_a_dead_letter_again_it_goes_once() {
    let served = Served::start().await;
    let letter = crate::support::dead_letter(&served, &served.ours, "x").await;
    let path = format!("/operations/dead-letters/{letter}/redrive");
    let answers = at_once((0..5).map(|_| served.post(&path, &json!({})))).await;
    for answer in &answers {
        assert!([200, 404, 409].contains(&answer.status().as_u16()), "{}", answer.status());
    }
    assert!(answers.iter().any(|answer| answer.status() == 200));
    let stream = served.world.bus.stream("INBOUND").await.unwrap();
    assert_eq!(stream.messages, 1);
    assert_eq!(served.world.bus.dead_letters().count().await.unwrap(), 0);
}

/// P9: each needs two connections to the database, and there are sixteen.
#[tokio::test]
async fn many_dead_letters_that_are_sent_again_at_once_leave_the_database_to_others() {
    let served = Served::start().await;
    let mut letters = Vec::new();
    for number in 0..32 {
        letters.push(crate::support::dead_letter(&served, &served.ours, &number.to_string()).await);
    }
    let path = |letter: &String| format!("/operations/dead-letters/{letter}/redrive");
    let answers =
        at_once(letters.iter().map(|letter| served.post(&path(letter), &json!({})))).await;
    let mut sent = 0;
    for answer in answers {
        if answer.status() == 200 {
            sent += 1;
        } else {
            assert_eq!(problem(answer).await, (503, "busy".to_owned()));
        }
    }
    assert!(sent >= 5, "{sent}");
}

#[tokio::test]
async fn files_that_are_sent_at_once_under_one_key_are_one_message() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let send = || {
        let files: [(&str, &str, &[u8]); 1] = [("a.txt", "text/plain", b"hello")];
        let request = served.send(&path, &[("content", "See here")], &files);
        request.header("idempotency-key", "k")
    };
    let answers = at_once((0..5).map(|_| send())).await;
    assert!(answers.iter().any(|answer| answer.status() == 201));
    for answer in &answers {
        assert!([201, 409].contains(&answer.status().as_u16()), "{}", answer.status());
    }
    let list = served.read(&path).await;
    assert_eq!(ids(&list).len(), 1);
    assert_eq!(list["data"][0]["attachments"].as_array().unwrap().len(), 1);
    let mut transaction = served.world.store.worker().await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from uploads where message_id is not null")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}
