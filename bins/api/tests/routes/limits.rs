//! How many requests a caller may make.

use api::Config;
use domain::Role;
use testkit::reqwest::Response;

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
}

#[tokio::test]
async fn live_streams_are_not_counted_and_no_limit_is_none() {
    let limited = served(1).await;
    for _ in 0..3 {
        Stream::open(&limited, "/activity", None).await.expect("ready").await;
    }
    assert_eq!(limited.get("/activity").send().await.unwrap().status(), 200);
    assert_eq!(limited.refusal("/activity").await, (429, "too-many-requests".to_owned()));
    let free = served(0).await;
    for _ in 0..5 {
        let answer = free.get("/labels").send().await.unwrap();
        assert!(answer.status().is_success() && !answer.headers().contains_key("ratelimit"));
    }
}
