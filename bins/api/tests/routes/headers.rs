//! Headers that hold nonsense, at every operation: refused in words, or ignored where the standard says
//! so; never a fault of ours, and nothing changes.

use serde_json::{Value, json};
use testkit::reqwest::header::HeaderValue;
use testkit::reqwest::{Method, RequestBuilder};

use crate::support::{Seed, Served, Stream, TENANT, problem};
use crate::walk::{Operation, Things, Tokens, Walk};

/// No header's value: bytes that are no text, and words that mean nothing.
const NONSENSE: [&[u8]; 5] = [b"\xff\xfe", b"", b"~nonsense~", b"\"", b"W/, ,;=,"];

/// What those who only look may say besides, each as nonsense: it is as if they had said nothing.
const IGNORED: [&str; 12] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "last-event-id",
    "range",
    "traceparent",
];

fn with(request: &RequestBuilder, name: &str, value: &[u8]) -> RequestBuilder {
    let value = HeaderValue::from_bytes(value).unwrap();
    request.try_clone().unwrap().header(name, value)
}

#[tokio::test]
async fn nonsense_in_headers_is_ignored_by_whatever_is_only_looked_at() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let things = Things::seed(&served, &served.ours, 1).await;
    let before = served.rows_of(TENANT).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for operation in walk.operations().iter().filter(|one| one.method == Method::GET) {
        let plain = walk.request(&served, operation, &things).bearer_auth(tokens.whose(operation));
        let expected = plain.try_clone().unwrap().send().await.unwrap().status();
        for name in IGNORED {
            for value in NONSENSE {
                let answer = with(&plain, name, value).send().await.unwrap();
                let status = answer.status();
                let refused = status.is_client_error()
                    && answer.headers()["content-type"] == "application/problem+json";
                if status != expected && !(refused && [400, 416].contains(&status.as_u16())) {
                    let value = String::from_utf8_lossy(value);
                    wrong.push(format!("{operation}, {name}: {value}: {status}"));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 1_000, "{tried}");
    assert_eq!(served.rows_of(TENANT).await, before);
}

#[tokio::test]
async fn nonsense_in_headers_that_count_is_refused_and_changes_nothing() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let things = Things::seed(&served, &served.ours, 1).await;
    let before = served.rows_of(TENANT).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    let takes = |operation: &Operation, name: &str| {
        operation.parameters.iter().any(|parameter| parameter["name"] == name)
    };
    for operation in walk.operations() {
        let plain = walk.request(&served, &operation, &things);
        let plain = plain.bearer_auth(tokens.whose(&operation));
        let url = format!("{}{}", served.base, Walk::path(&operation, &things));
        let unknown = served.http.request(operation.method.clone(), url);
        let mut refused = Vec::new();
        for value in NONSENSE {
            if takes(&operation, "If-Match") {
                refused.push((with(&plain, "if-match", value), "if-match", (412, "changed")));
            }
            if takes(&operation, "Idempotency-Key") && value != b"~nonsense~" && value != b"\"" {
                let request = with(&plain, "idempotency-key", value);
                refused.push((request, "idempotency-key", (422, "invalid")));
            }
            if let Some(schema) = &operation.body {
                let request = with(&unknown, "content-type", value);
                let request = request.body(walk.sample(schema, &things).to_string());
                let request = request.bearer_auth(tokens.whose(&operation));
                refused.push((request, "content-type", (415, "not-json")));
            }
            if !operation.open {
                let request = with(&unknown, "authorization", value);
                refused.push((request, "authorization", (401, "unauthorized")));
            }
        }
        if takes(&operation, "Idempotency-Key") {
            let twice = with(&with(&plain, "idempotency-key", b"a"), "idempotency-key", b"b");
            refused.push((twice, "two idempotency-keys", (422, "invalid")));
        }
        for (request, what, (status, code)) in refused {
            let answer = request.send().await.unwrap();
            if answer.status() == status {
                assert_eq!(problem(answer).await, (status, code.to_owned()), "{operation}: {what}");
            } else {
                wrong.push(format!("{operation}: {what} is answered with {}", answer.status()));
            }
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 500, "{tried}");
    assert_eq!(served.rows_of(TENANT).await, before);
}

#[tokio::test]
async fn a_file_is_given_out_whatever_is_said_of_its_part() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let files: [(&str, &str, &[u8]); 1] = [("a.png", "image/png", b"0123456789")];
    let sent: Value = served.send(&path, &[], &files).send().await.unwrap().json().await.unwrap();
    let url = sent["attachments"][0]["url"].as_str().unwrap().trim_start_matches("/api/v1");
    for (range, expected) in [
        (&b"bytes="[..], 200),
        (b"bytes=-", 200),
        (b"bytes=a-b", 200),
        (b"bytes=5-2", 200),
        (b"lines=1-2", 200),
        (b"bytes 1-2", 200),
        (b"bytes=1-2,4-5", 200),
        (b"\xff", 200),
        (b"bytes=0-99999999999999999999999", 200),
        (b"bytes=99999999999999999999999-", 200),
        (b"bytes=-0", 416),
    ] {
        let answer = with(&served.get(url), "range", range).send().await.unwrap();
        let range = String::from_utf8_lossy(range);
        assert_eq!(answer.status(), expected, "{range}");
        if expected == 416 {
            assert_eq!(problem(answer).await.1, "no-such-part", "{range}");
        } else {
            assert_eq!(answer.text().await.unwrap(), "0123456789", "{range}");
        }
    }
    for value in NONSENSE {
        let part = served.get(url).header("range", "bytes=1-2");
        let answer = with(&part, "if-range", value).send().await.unwrap();
        assert_eq!(answer.status(), 200, "no tag of this file");
        let answer = with(&served.get(url), "if-none-match", value).send().await.unwrap();
        assert_eq!(answer.status(), 200, "no tag of this file");
    }
}

#[tokio::test]
async fn who_says_nonsense_of_where_they_were_is_told_to_read_again() {
    let served = Served::start().await;
    for last in ["~nonsense~", ":", "1:2:3", "epoch:99999999999999999999999", "-1"] {
        let mut stream = Stream::open(&served, "/activity", Some(last)).await;
        stream.expect("reset").await;
    }
    let request = with(&served.get("/activity"), "last-event-id", b"\xff");
    let mut stream = Stream::of(request, None).await;
    let first = stream.next().await.unwrap().kind;
    assert!(["ready", "reset"].contains(&first.as_str()), "{first}");
}

#[tokio::test]
async fn tags_on_several_lines_are_one_list() {
    let served = Served::start().await;
    let path = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let tag = served.get(&path).send().await.unwrap().headers()["etag"].clone();
    let change = served.patch(&path, &json!({ "priority": "low" })).header("if-match", "\"1\"");
    let changed = change.header("if-match", tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn a_browser_keeps_no_answer_and_guesses_no_type() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let things = Things::seed(&served, &served.ours, 1).await;
    for operation in walk.operations().iter().filter(|one| one.method == Method::GET) {
        let request = walk.request(&served, operation, &things);
        let answer = request.bearer_auth(tokens.whose(operation)).send().await.unwrap();
        let said = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
        let kept = said("cache-control");
        assert!(matches!(kept, Some("no-store" | "private, no-cache")), "{operation}: {kept:?}");
        assert_eq!(said("x-content-type-options"), Some("nosniff"), "{operation}");
    }
}
