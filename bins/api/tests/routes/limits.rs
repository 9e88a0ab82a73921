//! How many requests a caller may make.

use api::Config;
use chatwoot_sim::{Faults, Millis, Options, RestFaults, Sim, admin_token};
use domain::{Permissions, Role};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use testkit::eventually;
use testkit::reqwest::{RequestBuilder, Response};
use tokio::net::TcpListener;

use crate::accounts::Stage;
use crate::support::{Served, Stream, TENANT, problem};

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

async fn served(per_minute: u32) -> Served {
    Served::with(Config { api_requests_per_minute: per_minute, ..Config::default() }).await
}

/// P9: what one caller does leaves the others their own.
#[tokio::test]
async fn a_caller_who_asks_too_much_is_told_when_to_come_back_and_nobody_else_is() {
    let served = served(3).await;
    for left in (0..3).rev() {
        let answer = served.get("/labels").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"requests\";q=3;w=60");
        let limit = header(&answer, "ratelimit");
        assert!(limit.starts_with(&format!("\"requests\";r={left};t=")), "{limit}");
    }
    let refused = served.get("/labels").send().await.unwrap();
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(header(&refused, "ratelimit"), format!("\"requests\";r=0;t={wait}"));
    assert!(!header(&refused, "x-request-id").is_empty());
    assert_eq!(problem(refused).await, (429, "too-many-requests".to_owned()));

    let key = served.key(TENANT, Role::Viewer.permissions()).await;
    for other in ["mock-agent-token", &key] {
        let answer = served.http.get(served.url("/labels")).bearer_auth(other);
        assert_eq!(answer.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn refusals_count_and_what_is_nobodys_does_not() {
    let served = served(2).await;
    let unknown = served.http.get(served.url("/labels")).bearer_auth("other").send().await.unwrap();
    assert!(!unknown.headers().contains_key("ratelimit"));
    let agent =
        |path: &str| served.http.get(served.url(path)).bearer_auth("mock-agent-token").send();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(agent("/audit").await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [403, 403, 429]);
    for path in ["/openapi.json", "/health"] {
        assert_eq!(agent(path).await.unwrap().status(), 200, "{path}");
    }
    let steward = served.installation_key(Permissions::of_installation()).await;
    let mut statuses = Vec::new();
    for path in ["/labels", "/tenants", "/labels", "/tenants"] {
        let request = served.http.get(served.url(path)).bearer_auth(&steward);
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [403, 200, 429, 429], "wherever it is shown");
}

/// P9: whoever comes back in a loop may read much of the past each time.
#[tokio::test]
async fn who_opens_streams_in_a_loop_is_told_when_to_come_back_and_nobody_else_is() {
    let served = Served::with(Config { api_streams_per_minute: 3, ..Config::default() }).await;
    for _ in 0..3 {
        Stream::open(&served, "/activity", None).await.expect("ready").await;
    }
    let asked = served.get("/activity").header("accept", "text/event-stream");
    let refused = asked.send().await.unwrap();
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(header(&refused, "ratelimit"), format!("\"streams\";r=0;t={wait}"));
    assert_eq!(header(&refused, "ratelimit-policy"), "\"streams\";q=3;w=60");
    assert_eq!(problem(refused).await, (429, "too-many-requests".to_owned()));

    let given = served.post("/activity/tickets", &json!({})).send().await.unwrap();
    let given: Value = given.json().await.unwrap();
    let path = format!("/activity?ticket={}", given["ticket"].as_str().unwrap());
    let same = served.http.get(served.url(&path)).header("accept", "text/event-stream");
    let refused = problem(same.send().await.unwrap()).await;
    assert_eq!(refused, (429, "too-many-requests".to_owned()));

    let key = served.key(TENANT, Role::Viewer.permissions()).await;
    for other in ["mock-agent-token", &key] {
        let request = served.http.get(served.url("/activity")).bearer_auth(other);
        Stream::of(request, None).await.expect("ready").await;
    }
}

/// P9: who never closes a stream leaves room for others of the same tenant.
#[tokio::test]
async fn who_leaks_streams_gets_no_more_and_everybody_else_does() {
    let served = Served::with(Config { api_streams_at_once: 2, ..Config::default() }).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = Stream::open(&served, "/activity", None).await;
        stream.expect("ready").await;
        open.push(stream);
    }
    let ask = async |token: &str| {
        let request = served.http.get(served.url("/activity")).bearer_auth(token);
        request.header("accept", "text/event-stream").send().await.unwrap()
    };
    let full = (503, "too-many-streams".to_owned());
    assert_eq!(problem(ask("mock-token").await).await, full);
    let given = served.post("/activity/tickets", &json!({})).send().await.unwrap();
    let given: Value = given.json().await.unwrap();
    let path = format!("/activity?ticket={}", given["ticket"].as_str().unwrap());
    let same = served.http.get(served.url(&path)).header("accept", "text/event-stream");
    assert_eq!(problem(same.send().await.unwrap()).await, full);

    let key = served.key(TENANT, Role::Viewer.permissions()).await;
    for other in ["mock-agent-token", &key] {
        assert_eq!(ask(other).await.status(), 200);
    }
    open.pop();
    eventually("a stream that was closed leaves its place", || async {
        ask("mock-token").await.status() == 200
    })
    .await;
}

#[tokio::test]
async fn streams_and_requests_use_up_nothing_of_each_other_and_no_limit_is_none() {
    let limited = served(1).await;
    for _ in 0..3 {
        Stream::open(&limited, "/activity", None).await.expect("ready").await;
    }
    assert_eq!(limited.get("/activity").send().await.unwrap().status(), 200);
    assert_eq!(limited.refusal("/activity").await, (429, "too-many-requests".to_owned()));
    Stream::open(&limited, "/activity", None).await.expect("ready").await;
    let free = served(0).await;
    for _ in 0..5 {
        let answer = free.get("/labels").send().await.unwrap();
        assert!(answer.status().is_success() && !answer.headers().contains_key("ratelimit"));
    }
}

/// P9: who waits for a Chatwoot holds connections to the database. As many as wait for this one would
/// hold all of them.
#[tokio::test]
async fn a_chatwoot_that_hangs_leaves_room_for_other_tenants() {
    let stage = Stage::new().await;
    let served = &stage.served;
    let path = stage.connected().await;
    let hangs = RestFaults { latency_ms: Millis::between(60_000, 60_000), ..RestFaults::default() };
    stage.chatwoot.sim.set_faults(Faults { rest: hangs, ..Faults::default() }).unwrap();
    let check = || served.post(&format!("{path}/webhook/check"), &json!({}));
    let connect = || served.post("/accounts", &stage.asked(7, &admin_token(7)));
    let mut asked: FuturesUnordered<_> =
        (0..10).flat_map(|_| [check(), connect()]).map(RequestBuilder::send).collect();
    // All but as many as one tenant may have in hand.
    for _ in 5..20 {
        let refused = asked.next().await.unwrap().unwrap();
        assert_eq!(problem(refused).await, (503, "busy".to_owned()));
    }
    let rotate = served.post(&format!("{path}/rotate"), &json!({ "webhookSecret": true }));
    for request in [rotate, served.delete(&path)] {
        let refused = request.send().await.unwrap();
        assert_eq!(problem(refused).await, (503, "busy".to_owned()));
    }
    served.world.account("theirs", 9).await;
    let theirs = served.key("theirs", Role::Admin.permissions()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { accounts: vec![8], ..Options::default() };
    let chatwoot = Sim::start(options, listener, served.shutdown.clone()).await.unwrap();
    let body = json!({
        "chatwootUrl": chatwoot.url(), "chatwootAccountId": 8, "token": admin_token(8),
    });
    let request = served.http.post(served.url("/accounts")).bearer_auth(&theirs).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 201);
    assert_eq!(asked.len(), 5);
}
