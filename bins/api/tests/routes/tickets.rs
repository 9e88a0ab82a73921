use api::Config;
use chrono::{TimeDelta, Utc};
use domain::Role;
use serde_json::{Value, json};
use testkit::reqwest::RequestBuilder;

use crate::support::{Served, Stream, TENANT, problem};

/// A ticket asked for with this token.
pub async fn ticket(served: &Served, token: &str) -> String {
    let request = served.http.post(served.url("/activity/tickets")).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let body: Value = answer.json().await.unwrap();
    body["ticket"].as_str().unwrap().to_owned()
}

/// As a browser does it: no header that says who asks.
fn with(served: &Served, ticket: &str) -> RequestBuilder {
    at(&served.base, served, ticket)
}

pub fn at(base: &str, served: &Served, ticket: &str) -> RequestBuilder {
    let path = format!("{base}/api/v1/activity?ticket={ticket}");
    served.http.get(path).header("accept", "text/event-stream")
}

/// With the key that signs tickets.
pub fn signing() -> Config {
    let secret_key = Some(testkit::SECRET_KEY.into());
    let accounts = accounts::Config { secret_key, ..accounts::Config::default() };
    Config { accounts, ..Config::default() }
}

#[tokio::test]
async fn a_ticket_opens_one_stream_on_any_process() {
    opens_one_stream_on_another(&Config::default(), &Config::default()).await;
}

#[tokio::test]
async fn so_does_one_that_is_signed() {
    opens_one_stream_on_another(&signing(), &signing()).await;
}

/// As while the processes of a version that signed none are replaced.
#[tokio::test]
async fn and_whichever_of_the_two_processes_signs_tickets() {
    opens_one_stream_on_another(&signing(), &Config::default()).await;
    opens_one_stream_on_another(&Config::default(), &signing()).await;
}

async fn opens_one_stream_on_another(one: &Config, other: &Config) {
    let served = Served::with(one.clone()).await;
    let (other, _stops) = served.beside(other).await;
    let viewer = served.key(TENANT, Role::Viewer.permissions()).await;
    for token in ["mock-token", &viewer] {
        let ticket = ticket(&served, token).await;
        let mut stream = Stream::of(at(&other, &served, &ticket), None).await;
        stream.expect("ready").await;
        for base in [&served.base, &other] {
            let again = at(base, &served, &ticket).send().await.unwrap();
            assert_eq!(problem(again).await, (401, "unauthorized".to_owned()));
        }
    }
    let kept = format!("axis_ticket_{}", "0".repeat(64));
    for unknown in ["", "mock-token", &viewer, &kept] {
        let answer = with(&served, unknown).send().await.unwrap();
        assert_eq!(problem(answer).await, (401, "unauthorized".to_owned()), "{unknown}");
    }
}

/// What is told live holds messages and approvals.
#[tokio::test]
async fn who_may_not_read_what_happened_to_what_does_not_follow_it() {
    use domain::Permission::{ReadActivity, ReadApprovals, ReadConversations};
    let served = Served::start().await;
    let all = [ReadActivity, ReadConversations, ReadApprovals];
    for missing in [ReadConversations, ReadApprovals] {
        let some = all.into_iter().filter(|one| *one != missing).collect();
        let token = served.key(TENANT, some).await;
        let ticket = ticket(&served, &token).await;
        let answer = with(&served, &ticket).send().await.unwrap();
        assert_eq!(problem(answer).await, (403, "forbidden".to_owned()), "{missing:?}");
        let list = served.http.get(served.url("/activity")).bearer_auth(&token);
        assert_eq!(list.send().await.unwrap().status(), 200);
    }
    let token = served.key(TENANT, all.into_iter().collect()).await;
    let ticket = ticket(&served, &token).await;
    Stream::of(with(&served, &ticket), None).await.expect("ready").await;
}

#[tokio::test]
async fn a_ticket_opens_nothing_else_and_a_token_in_an_address_nothing_at_all() {
    let served = Served::start().await;
    let ticket = ticket(&served, "mock-token").await;
    for path in [
        format!("/conversations?ticket={ticket}"),
        format!("/api-keys?ticket={ticket}"),
        // The list, and not the stream.
        format!("/activity?ticket={ticket}"),
        "/activity?ticket=mock-token".to_owned(),
    ] {
        let answer = served.http.get(served.url(&path)).send().await.unwrap();
        assert_eq!(problem(answer).await, (401, "unauthorized".to_owned()), "{path}");
    }
    let bearer = served.http.get(served.url("/activity")).bearer_auth(&ticket);
    assert_eq!(bearer.send().await.unwrap().status(), 401);
    Stream::of(with(&served, &ticket), None).await.expect("ready").await;
}

#[tokio::test]
async fn a_ticket_dies_unused_and_its_stream_with_the_token() {
    let served = Served::start().await;
    let late = ticket(&served, "mock-token").await;
    let mut transaction = served.world.store.worker().await.unwrap();
    let old = "update stream_tickets set expires_at = now() - interval '1 second'";
    // The schema's owner: no role of ours may change a ticket.
    testkit::sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    testkit::sqlx::query(old).execute(&mut *transaction).await.unwrap();
    store::commit(transaction).await.unwrap();
    let answer = with(&served, &late).send().await.unwrap();
    assert_eq!(problem(answer).await, (401, "unauthorized".to_owned()));

    served.follows().await;
    let end = Utc::now() + TimeDelta::hours(1);
    let wanted = json!({ "name": "short", "roles": ["viewer"], "expiresAt": end });
    let made: Value = served.post("/api-keys", &wanted).send().await.unwrap().json().await.unwrap();
    let ticket = ticket(&served, made["token"].as_str().unwrap()).await;
    let earlier = "update stream_tickets set session_ends_at = $2 where session_ends_at = $1";
    served.ends_soon(earlier, end).await;
    let mut stream = Stream::of(with(&served, &ticket), None).await;
    stream.expect("ready").await;
    assert_eq!(stream.next().await, None, "the stream ends with the token");
}

/// It was asked for with a key that has been revoked since, or whose time is over.
#[tokio::test]
async fn a_ticket_dies_with_the_key_that_it_was_asked_for_with() {
    let served = Served::start().await;
    for (end, refused) in [
        ("update api_keys set revoked_at = now()", true),
        ("update api_keys set expires_at = now()", true),
        ("update api_keys set expires_at = now() + interval '1 hour'", false),
    ] {
        let key = served.key(TENANT, Role::Viewer.permissions()).await;
        let ticket = ticket(&served, &key).await;
        let mut transaction = served.world.store.worker().await.unwrap();
        testkit::sqlx::query(end).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
        let answer = with(&served, &ticket).send().await.unwrap();
        assert_eq!(answer.status() == 401, refused, "{end}: {}", answer.status());
    }
}
