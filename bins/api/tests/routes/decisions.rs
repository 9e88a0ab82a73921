//! Asking for approvals and deciding them.

use domain::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::reqwest::{Method, Response, header};
use testkit::sqlx;

use crate::support::{Seed, Served, Stream, TENANT, ids, problem};

/// The agent of the development mode.
pub const AGENT: &str = "mock-agent-token";

/// A caller with this role, beside those of the development mode.
pub async fn caller(served: &Served, role: Role) -> String {
    served.key(TENANT, role.permissions()).await
}

pub async fn ask(served: &Served, who: &str, method: Method, path: &str, body: &Value) -> Response {
    let request = served.http.request(method, served.url(path)).bearer_auth(who);
    request.json(body).send().await.unwrap()
}

/// What an agent asks for about a conversation; its address.
pub async fn asked(
    served: &Served,
    conversation: &str,
    kind: &str,
    metadata: Value,
) -> (String, Value) {
    let body = json!({
        "conversationId": conversation, "type": kind, "reason": "Broken", "metadata": metadata,
    });
    let answer = ask(served, AGENT, Method::POST, "/approvals", &body).await;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    (location.replace("/api/v1", ""), answer.json().await.unwrap())
}

pub async fn decide(served: &Served, who: &str, path: &str, status: &str) -> Response {
    let body = json!({ "status": status, "decision": "so be it" });
    ask(served, who, Method::PATCH, path, &body).await
}

#[tokio::test]
async fn what_is_asked_is_frozen_told_and_decided_by_somebody_else() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let mut seed = Seed { messages: vec![("incoming", "It is broken")], ..Seed::open(1) };
    seed.state.labels = vec!["vip".to_owned()];
    let conversation = served.write(&seed).await.to_string();
    let mut stream = Stream::open(&served, "/activity", None).await;
    stream.expect("ready").await;
    let path = format!("/conversations/{conversation}/escalate");
    let body = json!({ "reason": "They leave", "metadata": { "amount": 5 } });
    let answer = ask(&served, AGENT, Method::POST, &path, &body).await;
    assert_eq!(answer.status(), 201);
    let path = answer.headers()[header::LOCATION].to_str().unwrap().replace("/api/v1", "");
    let approval: Value = answer.json().await.unwrap();
    assert_eq!(approval["type"], "escalation");
    assert_eq!(
        (&approval["requestedBy"], &approval["requestedById"]),
        (&json!("Dev Agent"), &json!("dev-agent"))
    );
    assert_eq!(approval["snapshot"]["labels"], json!(["vip"]));
    assert_eq!((&approval["stale"], &approval["metadata"]), (&json!(false), &body["metadata"]));
    assert_eq!(served.read(&path).await, approval);
    let told = stream.expect("approval_submitted").await.json();
    assert_eq!((&told["approval"], &told["actor"]["id"]), (&approval, &json!("dev-agent")));
    assert_eq!(told["conversation"]["id"], json!(conversation));

    let own = ids(&served.read(&format!("/approvals?conversationId={conversation}")).await);
    assert_eq!(own, [approval["id"].as_str().unwrap()]);
    let viewer = caller(&served, Role::Viewer).await;
    for who in [AGENT, &viewer] {
        let refused = decide(&served, who, &path, "approved").await;
        assert_eq!(problem(refused).await, (403, "forbidden".to_owned()), "{who}");
    }
    let answer = decide(&served, &ann, &path, "rejected").await;
    assert_eq!(answer.status(), 200);
    let decided: Value = answer.json().await.unwrap();
    assert_eq!(
        (&decided["status"], decided["decidedById"].is_string()),
        (&json!("rejected"), true)
    );
    assert_eq!(decided["decision"], "so be it");
    let told = stream.expect("approval_rejected").await.json();
    assert_eq!(told["approval"], decided);
    assert_eq!(
        (&told["data"]["approvalType"], &told["data"]["requestedBy"]),
        (&approval["type"], &json!("Dev Agent"))
    );
    // The answer may have been lost: the same decision of the same person is no contradiction.
    let again = decide(&served, &ann, &path, "rejected").await;
    assert_eq!(again.json::<Value>().await.unwrap(), decided);
    let types: Vec<_> = served.read("/activity").await["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types, ["approval_rejected", "approval_submitted"]);
    let mut transaction = served.world.store.tenant(&served.ours.tenant).await.unwrap();
    let deeds: Vec<Value> =
        sqlx::query_scalar("select details from audit").fetch_all(&mut *transaction).await.unwrap();
    let details = json!({ "before": "submitted", "after": "rejected" });
    assert_eq!(deeds, [details], "once, however often it is said");
}

#[tokio::test]
async fn the_largest_numbers_can_be_asked_with_and_read_again() {
    let served = Served::start().await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let metadata =
        json!({ "amounts": [f64::MAX, f64::MIN, f64::MIN_POSITIVE, i64::MIN, u64::MAX] });
    let (path, asked) = asked(&served, &conversation, "refund", metadata.clone()).await;
    assert_eq!(asked["metadata"], metadata);
    assert_eq!(served.read(&path).await, asked);
}

#[tokio::test]
async fn an_approved_reply_goes_out_once_as_its_askers() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let ben = caller(&served, Role::Approver).await;
    let seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let conversation = served.write(&seed).await.to_string();
    let messages = format!("/conversations/{conversation}/messages");
    let question = ids(&served.read(&messages).await)[0].clone();
    let reply = json!({ "content": "Here.", "inReplyTo": question });
    let (path, _) = asked(&served, &conversation, "proposed_reply", reply).await;
    let (rejected, _) =
        asked(&served, &conversation, "proposed_reply", json!({ "content": "There." })).await;
    decide(&served, &ben, &rejected, "rejected").await;
    let both = "/activity?type=message_queued,approval_approved";
    let mut stream = Stream::open(&served, both, None).await;
    stream.expect("ready").await;
    let answers = join_all([&ann, &ben].map(|who| decide(&served, who, &path, "approved"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    let payload = json!({ "content": "Here.", "private": false, "inReplyTo": 100 });
    assert_eq!(served.commands().await, [("send_message".to_owned(), payload)]);
    let approval = served.read(&path).await;
    let message = &served.read(&messages).await["data"][1];
    assert_eq!(approval["messageId"], message["id"]);
    assert_eq!(message["sender"], json!({ "type": "member", "id": null, "name": "Dev Agent" }));
    assert_eq!(stream.expect("message_queued").await.json()["message"]["id"], message["id"]);
    stream.expect("approval_approved").await;
}

#[tokio::test]
async fn an_edited_reply_goes_out_and_what_was_asked_stays() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let reply = json!({ "content": "We refund it today.", "private": true });
    let (path, asked) = asked(&served, &conversation, "proposed_reply", reply.clone()).await;
    assert_eq!(asked["editedContent"], Value::Null);
    let mut stream = Stream::open(&served, "/activity?type=approval_approved", None).await;
    stream.expect("ready").await;
    let body = json!({ "status": "approved", "content": "We refund half of it today." });
    let edit = async |who: &str, body: &Value| ask(&served, who, Method::PATCH, &path, body).await;
    let answer = edit(&ann, &body).await;
    assert_eq!(answer.status(), 200);
    let approved: Value = answer.json().await.unwrap();
    assert_eq!((&approved["metadata"], &approved["editedContent"]), (&reply, &body["content"]));
    assert_eq!(served.read(&path).await, approved);
    let payload = json!({ "content": body["content"], "private": true, "inReplyTo": null });
    let command = ("send_message".to_owned(), payload);
    assert_eq!(served.commands().await, [command]);
    let messages = served.read(&format!("/conversations/{conversation}/messages")).await;
    assert_eq!(messages["data"][0]["content"], body["content"]);
    let author = &messages["data"][0]["author"];
    assert_eq!(author["id"], approved["decidedById"], "whose words these are");
    let told = stream.expect("approval_approved").await.json();
    assert_eq!((&told["approval"], &told["data"]["edited"]), (&approved, &json!(true)));
    let deed = &served.read("/audit").await["data"][0];
    let details = json!({ "before": "submitted", "after": "approved", "edited": true });
    assert_eq!((&deed["action"], &deed["details"]), (&json!("approvals decide"), &details));

    // The answer may have been lost; another text is another decision.
    assert_eq!(edit(&ann, &body).await.json::<Value>().await.unwrap(), approved);
    for other in [
        json!({ "status": "approved" }),
        json!({ "status": "approved", "content": "We refund nothing." }),
    ] {
        assert_eq!(problem(edit(&ann, &other).await).await, (409, "decided".to_owned()));
    }
    assert_eq!(served.commands().await.len(), 1);
}

#[tokio::test]
async fn of_two_who_edit_one_text_goes_out() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let ben = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let reply = json!({ "content": "Soon." });
    let (path, _) = asked(&served, &conversation, "proposed_reply", reply).await;
    let edits = [(&ann, "Today."), (&ben, "Tomorrow.")].map(|(who, text)| {
        let body = json!({ "status": "approved", "content": text });
        let request = served.http.patch(served.url(&path)).bearer_auth(who);
        request.json(&body).send()
    });
    let mut answers: Vec<_> = join_all(edits).await.into_iter().map(Result::unwrap).collect();
    answers.sort_by_key(|answer| answer.status().as_u16());
    let lost = answers.pop().unwrap();
    assert_eq!(lost.status(), 409);
    let refusal: Value = lost.json().await.unwrap();
    let winner: Value = answers.pop().unwrap().json().await.unwrap();
    assert_eq!((&refusal["code"], &refusal["current"]), (&json!("decided"), &winner));
    let commands = served.commands().await;
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0].1["content"], winner["editedContent"]);
}

#[tokio::test]
async fn only_a_reply_that_is_approved_can_be_edited() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let proposed = json!({ "content": "Soon." });
    let (reply, _) = asked(&served, &conversation, "proposed_reply", proposed.clone()).await;
    let (refund, _) = asked(&served, &conversation, "refund", proposed).await;
    for (path, status, content) in [
        (&refund, "approved", json!("Today.")),
        (&reply, "rejected", json!("Today.")),
        (&reply, "approved", json!(" ")),
        (&reply, "approved", json!("a\u{0}b")),
        (&reply, "approved", json!("é".repeat(150_001))),
        (&reply, "approved", json!(7)),
    ] {
        let body = json!({ "status": status, "content": content });
        let answer = ask(&served, &ann, Method::PATCH, path, &body).await;
        assert_eq!(answer.status(), 422, "{status} {path}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], "content", "{problem}");
    }
    assert!(served.commands().await.is_empty());
    assert_eq!(served.read(&reply).await["status"], "submitted");
    // The text as it was proposed is no edit.
    let body = json!({ "status": "approved", "content": "Soon." });
    let answer = ask(&served, &ann, Method::PATCH, &reply, &body).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["editedContent"], Value::Null);
    assert_eq!(served.commands().await.len(), 1);
}

#[tokio::test]
async fn a_reply_that_a_machine_proposed_is_a_machines() {
    let served = Served::start().await;
    let machine = caller(&served, Role::Agent).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let body = json!({
        "conversationId": conversation, "type": "proposed_reply", "reason": "It is late",
        "metadata": { "content": "Here." },
    });
    let answer = ask(&served, &machine, Method::POST, "/approvals", &body).await;
    let path = answer.headers()[header::LOCATION].to_str().unwrap().replace("/api/v1", "");
    let approval: Value = answer.json().await.unwrap();
    assert_eq!(approval["requestedByType"], "api_key");
    assert_eq!(decide(&served, "mock-token", &path, "approved").await.status(), 200);
    let approval = served.read(&path).await;
    assert_eq!(approval["decidedByType"], "member");
    let messages = format!("/conversations/{conversation}/messages");
    assert_eq!(served.read(&messages).await["data"][0]["sender"]["type"], "api_key");
}

#[tokio::test]
async fn what_the_customer_wrote_since_must_be_known_to_who_approves() {
    let served = Served::start().await;
    let ann = caller(&served, Role::Approver).await;
    let mut seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let conversation = served.write(&seed).await.to_string();
    let (path, _) =
        asked(&served, &conversation, "proposed_reply", json!({ "content": "Soon." })).await;
    let before = served.get(&path).send().await.unwrap().headers()[header::ETAG].clone();
    seed.messages.push(("incoming", "Never mind, I have it."));
    served.write(&seed).await;

    let blind = decide(&served, &ann, &path, "approved").await;
    assert_eq!(blind.status(), 409);
    let now = blind.headers()[header::ETAG].clone();
    let refusal: Value = blind.json().await.unwrap();
    assert_eq!((&refusal["code"], &refusal["current"]["stale"]), (&json!("stale"), &json!(true)));
    assert_ne!(before, now);
    let knowing = |tag| {
        let body = json!({ "status": "approved" });
        let request = served.http.patch(served.url(&path)).bearer_auth(&ann).json(&body);
        request.header(header::IF_MATCH, tag).send()
    };
    assert_eq!(problem(knowing(before).await.unwrap()).await, (412, "changed".to_owned()));
    let any = header::HeaderValue::from_static("*");
    assert_eq!(problem(knowing(any).await.unwrap()).await, (409, "stale".to_owned()));
    assert!(served.commands().await.is_empty());
    let answer = knowing(now).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["stale"], false);
    assert_eq!(served.commands().await.len(), 1);
}

/// A message that came with whole seconds has a finer time once its own webhook is there.
#[tokio::test]
async fn the_customer_has_written_since_if_there_is_another_message_and_not_another_time() {
    let served = Served::start().await;
    let mut seed = Seed { messages: vec![("incoming", "Where is it?")], ..Seed::open(1) };
    let conversation = served.write(&seed).await.to_string();
    let (path, approval) = asked(&served, &conversation, "refund", json!({ "amount": 5 })).await;
    assert_eq!(approval["stale"], false);
    let dated_later = async |number: i64, seconds: f64| {
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query(
            "update messages set created_at = created_at + make_interval(secs => $2)
             where chatwoot_id = $1",
        )
        .bind(number)
        .bind(seconds)
        .execute(&mut *transaction)
        .await
        .unwrap();
        store::commit(transaction).await.unwrap();
    };
    dated_later(100, 0.4).await;
    assert_eq!(served.read(&path).await["stale"], false);
    // Another one within the same second, of which no finer time is known yet.
    seed.messages.push(("incoming", "Never mind, I have it."));
    served.write(&seed).await;
    dated_later(101, -1.0).await;
    assert_eq!(served.read(&path).await["stale"], true);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let served = Served::start().await;
    let viewer = caller(&served, Role::Viewer).await;
    let conversation = served.write(&Seed::open(1)).await;
    let with = |field: &str, value: Value| {
        let mut body = json!({ "conversationId": conversation, "type": "refund", "reason": "x" });
        body[field] = value;
        body
    };
    let reply = |metadata: Value| {
        let mut body = with("type", json!("proposed_reply"));
        body["metadata"] = metadata;
        body
    };
    for (body, field) in [
        (with("type", json!("A refund")), "type"),
        (with("type", json!("")), "type"),
        (with("reason", json!(" ")), "reason"),
        (with("reason", json!("x".repeat(2_001))), "reason"),
        (with("metadata", json!({ "a": "\u{0}" })), "metadata"),
        (with("metadata", json!([])), "metadata"),
        (with("metadata", json!({ "a": "x".repeat(64 * 1024) })), "metadata"),
        (reply(json!({ "content": "x", "a": "x".repeat(64 * 1024) })), "metadata"),
        (with("conversationId", json!("7")), "conversationId"),
        (reply(json!({})), "metadata.content"),
        (reply(json!({ "content": " " })), "metadata.content"),
    ] {
        let answer = served.post("/approvals", &body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{body}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    // What a reply says has a bound of its own.
    let long = served.post("/approvals", &reply(json!({ "content": "x".repeat(150_000) })));
    assert_eq!(long.send().await.unwrap().status(), 201);
    let (path, _) = asked(&served, &conversation.to_string(), "refund", json!({})).await;
    for body in [
        json!({ "status": "withdrawn" }),
        json!({}),
        json!({ "status": "approved", "decision": "x".repeat(2_001) }),
    ] {
        let answer = served.patch(&path, &body).send().await.unwrap();
        assert_eq!(problem(answer).await.0, 422);
    }
    let viewer = ask(&served, &viewer, Method::POST, "/approvals", &with("type", json!("a"))).await;
    assert_eq!(problem(viewer).await, (403, "forbidden".to_owned()));
}
