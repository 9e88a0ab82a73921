use api::Config;
use serde_json::Value;
use testkit::World;

use crate::support::{Served, problem, serve};

#[tokio::test]
async fn every_refusal_is_a_problem_with_the_requests_trace() {
    let served = Served::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let answer = served
        .get("/nowhere")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .header("x-request-id", "r-1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "r-1");
    assert!(answer.headers()["traceparent"].to_str().unwrap().starts_with(&format!("00-{trace}-")));
    let body: Value = answer.json().await.unwrap();
    insta::assert_json_snapshot!(body);

    let answer = served.http.delete(served.url("/conversations")).send().await.unwrap();
    assert!(answer.headers()["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(problem(answer).await, (405, "method-not-allowed".to_owned()));
    let outside = served.http.get(format!("{}/nowhere", served.base)).send().await.unwrap();
    assert_eq!(problem(outside).await, (404, "no-route".to_owned()));
    let odd = served.get("/nowhere").header("x-request-id", "a b").send().await.unwrap();
    assert_ne!(odd.headers()["x-request-id"], "a b");
}

#[tokio::test]
async fn the_type_of_a_problem_says_what_to_do() {
    let served = Served::start().await;
    let refusal: Value = served.get("/nowhere").send().await.unwrap().json().await.unwrap();
    let address = format!("{}{}", served.base, refusal["type"].as_str().unwrap());
    let kind: Value = served.http.get(address).send().await.unwrap().json().await.unwrap();
    assert_eq!((&kind["code"], &kind["title"]), (&refusal["code"], &refusal["title"]));
    assert!(kind["advice"].as_str().unwrap().contains("/api/v1/docs"));
    let other = served.http.get(format!("{}/problems/other", served.base)).send().await.unwrap();
    assert_eq!(problem(other).await, (404, "not-found".to_owned()));
}

/// What browsers, proxies and whoever reports a fault rely on, whatever the answer.
#[tokio::test]
async fn every_answer_has_its_ids_and_keeps_to_the_limits() {
    let served = Served::start().await;
    let long = "x".repeat(3 * 1024 * 1024);
    let path = format!("/conversations/{}/messages", uuid::Uuid::now_v7());
    for (request, status) in [
        (served.get("/conversations"), 200),
        (served.get("/nowhere"), 404),
        (served.http.get(format!("{}/nowhere", served.base)), 404),
        (served.http.get(served.url("/conversations")), 401),
        (served.http.delete(served.url("/conversations")), 405),
        (served.post(&path, &serde_json::json!({ "content": long })), 413),
        (served.http.post(served.url(&path)).bearer_auth("mock-token").body("{}"), 415),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        let headers = answer.headers();
        assert!(headers.contains_key("x-request-id"), "{status}");
        assert!(headers.contains_key("traceparent"), "{status}");
        assert_eq!(headers.contains_key("allow"), status == 405, "{status}");
    }
    let request = served.get("/openapi.json").header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_database_that_is_away_is_said_to_be() {
    let world = World::start().await;
    let config = store::Config::for_url("postgres://nobody@127.0.0.1:9/none");
    let store = store::Store::connect(&config, "test").unwrap();
    let (base, _shutdown) =
        serve(&Config::default(), store, world.bus.clone(), world.objects.clone()).await;
    let http = testkit::http();
    let ask = http.get(format!("{base}/api/v1/conversations")).bearer_auth("mock-token");
    let answer = ask.send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(problem(answer).await, (503, "unavailable".to_owned()));
    let health = http.get(format!("{base}/api/v1/health")).send().await.unwrap();
    assert_eq!(health.status(), 503);
    let report: Value = health.json().await.unwrap();
    assert_eq!(report["checks"]["nats"]["status"], "up");
    assert_eq!(http.get(format!("{base}/live")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn only_known_origins_may_read_from_a_browser() {
    let config =
        Config { cors_origin: vec!["https://desk.example".parse().unwrap()], ..Config::default() };
    let served = Served::with(config).await;
    let ask = |origin| served.get("/conversations").header("origin", origin).send();
    let known = ask("https://desk.example").await.unwrap();
    assert_eq!(known.headers()["access-control-allow-origin"], "https://desk.example");
    let readable = known.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(readable.contains("date"), "a screen counts down by the API's clock: {readable}");
    let unknown = ask("https://else.example").await.unwrap();
    assert!(!unknown.headers().contains_key("access-control-allow-origin"));
}
