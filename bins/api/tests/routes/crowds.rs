//! P9: of the few connections to the database nobody takes all.

use domain::{Role, Token, TokenKind};
use serde_json::Value;
use store::{Store, Transaction};
use testkit::reqwest::StatusCode;
use testkit::{OpenId, eventually, sqlx};
use tokio::task::JoinSet;

use crate::support::{Served, Stream, problem, waiting};
use crate::{openid, tickets};

/// As many connections as the API has here.
const ALL: usize = 10;

/// Keeps whoever reads a table waiting, by a connection that is not the API's.
pub async fn lock(behind: &Store, statement: &'static str) -> Transaction {
    let mut transaction = behind.worker().await.unwrap();
    sqlx::query("set local role none").execute(&mut *transaction).await.unwrap();
    sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    transaction
}

/// Asks for this with that token as often as there are connections four times over, and goes on once so many wait in
/// the database.
async fn crowd(
    served: &Served,
    behind: &Store,
    path: &str,
    token: impl Fn() -> String,
    inside: usize,
) -> JoinSet<StatusCode> {
    let mut crowd = JoinSet::new();
    for _ in 0..4 * ALL {
        let request = served.http.get(served.url(path)).bearer_auth(token());
        crowd.spawn(async move { request.send().await.unwrap().status() });
    }
    let what = format!("{inside} have a connection and wait");
    eventually(&what, || async { waiting(behind).await >= inside }).await;
    crowd
}

#[tokio::test]
async fn a_tenant_that_asks_much_at_once_leaves_connections_to_others() {
    let served = Served::start().await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    served.world.account("theirs", 2).await;
    let theirs = served.key("theirs", Role::Admin.permissions()).await;
    let held = lock(&behind, "lock table labels in access exclusive mode").await;
    // Three quarters of all but one.
    let mut ours = crowd(&served, &behind, "/labels", || "mock-token".to_owned(), 7).await;
    for _ in 0..5 {
        let answer = served.http.get(served.url("/teams")).bearer_auth(&theirs).send().await;
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(waiting(&behind).await, 7);
    // On a busy machine the database may be late, and count as away for a moment.
    eventually("it is told that the database is up", || async {
        let answer = served.get("/health").send().await.unwrap();
        let health: Value = answer.json().await.unwrap();
        health["checks"]["postgres"]["status"] == "up"
    })
    .await;
    store::rollback(held).await.unwrap();
    let mut answered = 0;
    while let Some(status) = ours.join_next().await {
        // Those whose turn did not come in time are told so.
        match status.unwrap().as_u16() {
            200 => answered += 1,
            status => assert_eq!(status, 503),
        }
    }
    assert!(answered >= 7, "{answered}");
}

/// Whose key it is, or that it is nobody's, only the database knows.
#[tokio::test]
async fn strangers_who_show_made_up_keys_leave_connections_to_those_who_are_known() {
    let served = Served::start().await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let held = lock(&behind, "lock table api_keys in access exclusive mode").await;
    let made_up = || Token::generate(TokenKind::ApiKey).expose().to_owned();
    let mut strangers = crowd(&served, &behind, "/labels", made_up, 1).await;
    for _ in 0..5 {
        served.read("/labels").await;
    }
    assert_eq!(waiting(&behind).await, 1);
    store::rollback(held).await.unwrap();
    while let Some(status) = strangers.join_next().await {
        let status = status.unwrap().as_u16();
        assert!([401, 503].contains(&status), "{status}");
    }
}

/// Their keys and tickets are looked up in places of their own, and those who have shown who they are in others.
#[tokio::test]
async fn strangers_keep_nobody_from_being_identified() {
    let provider = OpenId::start().await;
    let served = openid::trusting(&provider).await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let person = provider.sign_in("ana", openid::AUDIENCE).await.access_token;
    let key = served.key("acme", Role::Viewer.permissions()).await;
    let ask = async |token: &str| {
        let request = served.http.get(served.url("/labels")).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&key).await, 200);
    let held = lock(&behind, "lock table stream_tickets in access exclusive mode").await;
    let mut strangers = JoinSet::new();
    for _ in 0..10 * ALL {
        let made_up = Token::generate(TokenKind::Ticket);
        let request = served.http.get(served.url("/activity"));
        let request = request.query(&[("ticket", made_up.expose())]);
        let request = request.header("accept", "text/event-stream");
        strangers.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    // Of those who find no place at all the first is told so while all others wait.
    assert_eq!(strangers.join_next().await.unwrap().unwrap(), 503);
    eventually("one is being looked up", || async { waiting(&behind).await == 1 }).await;
    for known in [&person, &key] {
        for _ in 0..5 {
            assert_eq!(ask(known).await, 200);
        }
    }
    store::rollback(held).await.unwrap();
    while let Some(status) = strangers.join_next().await {
        let status = status.unwrap();
        assert!([401, 503].contains(&status), "{status}");
    }
}

/// A machine that runs wild has nobody else wait for its requests to be looked up.
#[tokio::test]
async fn who_asks_with_one_key_over_and_over_keeps_nobody_from_being_identified() {
    let provider = OpenId::start().await;
    let served = openid::trusting(&provider).await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let person = provider.sign_in("ana", openid::AUDIENCE).await.access_token;
    let key = served.key("acme", Role::Viewer.permissions()).await;
    let ask = async |token: &str| {
        let request = served.http.get(served.url("/labels")).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&key).await, 200);
    let held = lock(&behind, "lock table api_keys in access exclusive mode").await;
    let mut wild = crowd(&served, &behind, "/labels", || key.clone(), 1).await;
    for _ in 0..5 {
        assert_eq!(ask(&person).await, 200);
    }
    assert_eq!(waiting(&behind).await, 1);
    store::rollback(held).await.unwrap();
    while let Some(status) = wild.join_next().await {
        let status = status.unwrap().as_u16();
        assert!([200, 503].contains(&status), "{status}");
    }
}

/// As after a restart, when browsers come back to whichever process takes them.
#[tokio::test]
async fn strangers_keep_no_ticket_of_another_process_out() {
    let served = Served::with(tickets::signing()).await;
    let (other, _stops) = served.beside(&tickets::signing()).await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let ticket = tickets::ticket(&served, "mock-token").await;
    let held = lock(&behind, "lock table api_keys in access exclusive mode").await;
    let mut strangers = JoinSet::new();
    for _ in 0..10 * ALL {
        let made_up = Token::generate(TokenKind::ApiKey);
        let request = served.http.get(format!("{other}/api/v1/labels"));
        let request = request.bearer_auth(made_up.expose());
        strangers.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    // Of those who find no place at all the first is told so while all others wait.
    assert_eq!(strangers.join_next().await.unwrap().unwrap(), 503);
    Stream::of(tickets::at(&other, &served, &ticket), None).await.expect("ready").await;
    // A used one may be anybody's who has seen the address.
    let again = tickets::at(&other, &served, &ticket).send().await.unwrap();
    assert_eq!(problem(again).await, (503, "busy".to_owned()));
    store::rollback(held).await.unwrap();
    while let Some(status) = strangers.join_next().await {
        let status = status.unwrap();
        assert!([401, 503].contains(&status), "{status}");
    }
}

#[tokio::test]
async fn who_finds_no_place_in_time_is_told_to_come_back() {
    let served = Served::start().await;
    let behind = Store::connect(&served.world.store_config, "behind").unwrap();
    let held = lock(&behind, "lock table labels in access exclusive mode").await;
    let ours = crowd(&served, &behind, "/labels", || "mock-token".to_owned(), 7).await;
    let refused = served.get("/teams").send().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(problem(refused).await, (503, "busy".to_owned()));
    drop(ours);
    store::rollback(held).await.unwrap();
    eventually("there is room again", || async {
        served.get("/teams").send().await.unwrap().status() == 200
    })
    .await;
}

/// A balancer that left it out would have the others do its work too.
#[tokio::test]
async fn a_process_whose_connections_are_all_in_use_is_not_down() {
    let served = Served::start().await;
    let health = async || served.http.get(served.url("/health")).send().await.unwrap();
    // Else it would have got no requests.
    eventually("it is ready", async || health().await.status() == StatusCode::OK).await;
    let mut held = Vec::new();
    for _ in 0..ALL {
        held.push(served.world.store.worker().await.unwrap());
    }
    // One more takes longer than it is waited for on a busy machine.
    eventually("it is told that all are in use", || async {
        let answer = health().await;
        let status = answer.status();
        let health: Value = answer.json().await.unwrap();
        let postgres = &health["checks"]["postgres"];
        let busy = postgres["detail"].as_str().is_some_and(|words| words.contains("in use"));
        busy && (status, &postgres["status"]) == (StatusCode::OK, &"degraded".into())
    })
    .await;
    drop(held);
}
