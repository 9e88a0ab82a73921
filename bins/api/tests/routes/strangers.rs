//! With `AUTH_MODE=dev` everybody knows the tokens, so nobody is answered but this machine.

use api::Config;
use testkit::reqwest::RequestBuilder;

use crate::support::{Served, problem};

/// What shows that a request comes from elsewhere: a page whose name leads here, a tunnel, a proxy.
const ELSEWHERE: [(&str, &str); 5] = [
    ("host", "rebound.example.com:8000"),
    ("host", "10.1.2.3"),
    ("forwarded", "for=192.0.2.7"),
    ("x-forwarded-for", "192.0.2.7"),
    ("cf-connecting-ip", "192.0.2.7"),
];

fn asked(served: &Served) -> [RequestBuilder; 6] {
    let path = |path: &str| served.http.get(format!("{}{path}", served.base));
    [
        served.get("/conversations"),
        served.get("/activity").header("accept", "text/event-stream"),
        served.post("/api-keys", &serde_json::json!({})),
        served.get("/auth/config"),
        served.get("/docs"),
        path("/"),
    ]
}

#[tokio::test]
async fn development_tokens_open_nothing_to_whoever_comes_from_elsewhere() {
    let served = Served::start().await;
    for (name, value) in ELSEWHERE {
        for request in asked(&served) {
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(problem(answer).await, (403, "this-machine-only".to_owned()), "{name}");
        }
        // Who watches the program is no caller, and who is refused may read why.
        for path in ["/live", "/api/v1/health", "/problems/this-machine-only"] {
            let request = served.http.get(format!("{}{path}", served.base)).header(name, value);
            assert_eq!(request.send().await.unwrap().status(), 200, "{name} {path}");
        }
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]:8000"] {
        let answer = served.get("/conversations").header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn an_operator_may_want_strangers_to_be_let_in() {
    let config = Config { dev_auth_anywhere: true, ..Config::default() };
    let served = Served::with(config).await;
    for (name, value) in ELSEWHERE {
        let answer = served.get("/conversations").header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
    }
}
