//! Whatever the server does, the client knows whether the call may have happened.

use std::time::Duration;

use crate::server::{Nobody, TOKEN, client, cut_after, serve};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use chatwoot::client::{Cause, InHand, MessageRange, NewMessage, Options};
use chatwoot::{CallError, Client, Message, Outcome};

const MESSAGES: &str = "/api/v1/accounts/1/conversations/{conversation}/messages";

async fn create(address: std::net::SocketAddr, options: &Options) -> Result<Message, CallError> {
    let message = NewMessage { content: "Hello".into(), ..NewMessage::default() };
    client(address, options).create_message(42, &message).await
}

fn outcome(result: Result<Message, CallError>) -> (Outcome, CallError) {
    let error = result.unwrap_err();
    (error.outcome(), error)
}

const SUSPENDED: &str = r#"Forbidden { message: "Account is suspended" }"#;

/// Every status of the documents, and what it means for a message that was to be created.
const ANSWERS: &[(u16, &str, &str, Outcome)] = &[
    (401, r#"{"error":"Invalid Access Token"}"#, "Unauthorized(Token)", Outcome::Permanent),
    (401, r#"{"error":"Account is suspended"}"#, "Unauthorized(Other)", Outcome::Permanent),
    (
        401,
        r#"{"error":"You are not authorized to do this action"}"#,
        "Unauthorized(Role)",
        Outcome::Permanent,
    ),
    (
        401,
        r#"{"error":"Access to this endpoint is not authorized for bots"}"#,
        "Unauthorized(Bot)",
        Outcome::Permanent,
    ),
    (401, "", "Unauthorized(Other)", Outcome::Permanent),
    (402, r#"{"error":"plan"}"#, r#"Forbidden { message: "plan" }"#, Outcome::Permanent),
    (403, r#"{"error":"Account is suspended"}"#, SUSPENDED, Outcome::Permanent),
    (403, "<html>", "Unknown(ServerError(403))", Outcome::Unknown),
    (403, r#"{"message":"Forbidden"}"#, "Unknown(ServerError(403))", Outcome::Unknown),
    (404, r#"{"error":"Resource could not be found"}"#, "NotFound", Outcome::Permanent),
    (404, r#"{"status":404,"error":"Not Found"}"#, "NotFound", Outcome::Permanent),
    (404, "404 page not found", "Unknown(ServerError(404))", Outcome::Unknown),
    (404, r#"{"message":"no Route matched"}"#, "Unknown(ServerError(404))", Outcome::Unknown),
    (413, "<html>", "PayloadTooLarge", Outcome::Permanent),
    (
        422,
        r#"{"message":"Url has already been taken","attributes":["url",5]}"#,
        r#"Invalid { message: "Url has already been taken", attributes: ["url"] }"#,
        Outcome::Permanent,
    ),
    (
        422,
        r#"{"error":"Too many messages"}"#,
        r#"Unknown(Unprocessable("Too many messages"))"#,
        Outcome::Unknown,
    ),
    (422, r#"{"error":"x","message":"y"}"#, r#"Unknown(Unprocessable("x"))"#, Outcome::Unknown),
    (422, "", r#"Unknown(Unprocessable("no reason given"))"#, Outcome::Unknown),
    (429, "Retry later\n", "RateLimited { retry_after: None }", Outcome::Retry),
    (408, "", "Unknown(Timeout)", Outcome::Unknown),
    (500, "<html>", "Unknown(ServerError(500))", Outcome::Unknown),
    (502, "", "Unknown(ServerError(502))", Outcome::Unknown),
    (503, r#"{"error":"x"}"#, "Unknown(ServerError(503))", Outcome::Unknown),
    (504, "", "Unknown(ServerError(504))", Outcome::Unknown),
    (520, "", "Unknown(ServerError(520))", Outcome::Unknown),
    (301, "", "Unknown(ServerError(301))", Outcome::Unknown),
    (302, r#"{"error":"x"}"#, "Unknown(ServerError(302))", Outcome::Unknown),
    (
        400,
        r#"{"status":400,"error":"Bad Request"}"#,
        "Unexpected { status: 400 }",
        Outcome::Permanent,
    ),
    (400, "", "Unknown(ServerError(400))", Outcome::Unknown),
    (405, "<html>", "Unknown(ServerError(405))", Outcome::Unknown),
    (200, "", "Unknown(Unreadable)", Outcome::Unknown),
    (200, "<html>", "Unknown(Unreadable)", Outcome::Unknown),
    (200, r#"{"content":"no id"}"#, "Unknown(Unreadable)", Outcome::Unknown),
    (200, "[]", "Unknown(Unreadable)", Outcome::Unknown),
];

#[tokio::test]
async fn every_status_has_its_meaning() {
    let answer = |Path(index): Path<usize>| async move {
        let (status, body, ..) = ANSWERS[index];
        let location = [("location", "http://127.0.0.1:1/")];
        (StatusCode::from_u16(status).unwrap(), location, body).into_response()
    };
    let address = serve(Router::new().route(MESSAGES, post(answer))).await;
    let client = client(address, &Options::default());
    for (index, (status, body, expected, outcome)) in ANSWERS.iter().enumerate() {
        let conversation = i64::try_from(index).unwrap();
        let error = client.create_message(conversation, &NewMessage::default()).await.unwrap_err();
        assert_eq!(format!("{error:?}"), *expected, "{status} {body}");
        assert_eq!(error.outcome(), *outcome, "{status} {body}");
    }
}

#[tokio::test]
async fn a_page_with_a_success_is_not_chatwoots_word_that_something_is_done() {
    let answers = [
        ("", true),
        (" \n", true),
        ("{}", true),
        (r#"{"id":5,"content":"half a pair \ud83d"}"#, true),
        ("<html>Your request was blocked</html>", false),
        ("down for maintenance", false),
    ];
    for (body, done) in answers {
        let answer = move || async move { body };
        let path = "/api/v1/accounts/1/conversations/42/messages/7";
        let address = serve(Router::new().route(path, delete(answer))).await;
        let result = client(address, &Options::default()).delete_message(42, 7).await;
        let unknown = matches!(result, Err(CallError::Unknown(Cause::Unreadable)));
        assert_eq!((result.is_ok(), unknown), (done, !done), "{body}");
    }
}

#[tokio::test]
async fn a_proxys_retry_after_is_passed_on() {
    let answer = || async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "slow down") };
    let address = serve(Router::new().route(MESSAGES, post(answer))).await;
    let (outcome, error) = outcome(create(address, &Options::default()).await);
    assert_eq!(outcome, Outcome::Retry);
    let CallError::RateLimited { retry_after } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let nobody = Nobody::bound();
    let (outcome, error) = outcome(create(nobody.address(), &Options::default()).await);
    assert!(matches!(error, CallError::Refused(_)), "{error:?}");
    assert_eq!(outcome, Outcome::Retry);
}

#[tokio::test]
async fn a_cut_connection_leaves_the_outcome_unknown() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"id\":5,",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        let (outcome, error) = outcome(create(cut_after(answer).await, &Options::default()).await);
        assert!(
            matches!(error, CallError::Unknown(Cause::Disconnected(_))),
            "{answer:?}: {error:?}"
        );
        assert_eq!(outcome, Outcome::Unknown);
    }
}

#[tokio::test]
async fn a_cut_refusal_is_still_a_refusal() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 900\r\n\r\n{";
    let (_, error) = outcome(create(cut_after(answer).await, &Options::default()).await);
    assert!(matches!(error, CallError::RateLimited { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_leaves_the_outcome_unknown() {
    let answer = || std::future::pending::<()>();
    let address = serve(Router::new().route(MESSAGES, post(answer))).await;
    let options = Options { timeout: Duration::from_millis(100), ..Options::default() };
    let (outcome, error) = outcome(create(address, &options).await);
    assert!(matches!(error, CallError::Unknown(Cause::Timeout)), "{error:?}");
    assert_eq!(outcome, Outcome::Unknown);
}

#[tokio::test]
async fn a_huge_answer_is_not_kept_in_memory() {
    let answer = || async { format!(r#"{{"id":5,"content":"{}"}}"#, "x".repeat(100_000)) };
    let address = serve(Router::new().route(MESSAGES, post(answer))).await;
    let options = Options { max_answer: 50_000, ..Options::default() };
    let (outcome, error) = outcome(create(address, &options).await);
    assert!(matches!(error, CallError::Unknown(Cause::TooLarge(50_000))), "{error:?}");
    assert_eq!(outcome, Outcome::Unknown);
    assert_eq!(create(address, &Options::default()).await.unwrap().id, 5);
}

/// Two bytes of an answer can be a value of a hundred.
#[tokio::test]
async fn an_answer_of_too_many_values_is_not_read_into_memory() {
    let list = format!("[{}[]]", "[],".repeat(10_000));
    // Some versions print an object within a text.
    for odd in [format!(r#""odd":{list}"#), format!(r#""content_attributes":"{{\"odd\":{list}}}""#)]
    {
        let answer = move || async move { format!(r#"{{"id":5,{odd}}}"#) };
        let address = serve(Router::new().route(MESSAGES, post(answer))).await;
        let options = Options { max_answer: 50_000, ..Options::default() };
        let (_, error) = outcome(create(address, &options).await);
        assert!(matches!(error, CallError::Unknown(Cause::TooLarge(50_000))), "{error:?}");
        assert_eq!(create(address, &Options::default()).await.unwrap().id, 5);
    }
}

/// Each entry may become an event, of which no more values are read.
#[tokio::test]
async fn an_answer_with_an_entry_that_no_event_can_hold_is_too_large() {
    let answer = |values: usize| {
        let entry = format!(r#"{{"id":5,"odd":[{}]}}"#, vec!["0"; values].join(","));
        get(async move || format!(r#"{{"payload":[{entry},{entry}]}}"#))
    };
    for (values, fits) in [(30_000, true), (60_000, false)] {
        let address = serve(Router::new().route(MESSAGES, answer(values))).await;
        let client = client(address, &Options::default());
        match client.list_messages(42, MessageRange::Newest).await {
            Ok(listed) => assert_eq!((listed.len(), fits), (2, true)),
            Err(error) => assert!(error.is_too_large() && !fits, "{error:?}"),
        }
    }
}

/// Otherwise one customer's text would hide all that is listed with it.
#[tokio::test]
async fn an_answer_is_read_whatever_a_text_in_it_holds() {
    let text = serde_json::json!({ "a": vec![1; 60_000] }).to_string();
    let message = serde_json::json!({ "id": 5, "content": text });
    let answer = serde_json::json!({ "payload": [message], "meta": { "newest": message } });
    let answer = get(async move || answer.to_string());
    let address = serve(Router::new().route(MESSAGES, answer)).await;
    let client = client(address, &Options::default());
    let listed = client.list_messages(42, MessageRange::Newest).await.unwrap();
    assert_eq!(listed[0].content, Some(text));
}

/// Read, an entry takes more than the few bytes that it can be written in.
#[tokio::test]
async fn a_list_of_too_many_entries_is_not_read_into_memory() {
    let answer = |entries: usize| {
        let list = vec![r#"{"id":5}"#; entries].join(",");
        get(async move || format!(r#"{{"payload":[{list}]}}"#))
    };
    for (entries, fits) in [(1_000, true), (6_000, false)] {
        let address = serve(Router::new().route(MESSAGES, answer(entries))).await;
        let client = client(address, &Options::default());
        let listed = client.list_messages(42, MessageRange::Newest).await;
        match listed {
            Ok(listed) => assert_eq!((listed.len(), fits), (entries, true)),
            Err(CallError::Unknown(Cause::Unreadable)) => assert!(!fits),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn answers_in_hand_leave_room_for_those_of_others() {
    let answer =
        || async { format!(r#"{{"payload":[{{"id":5,"content":"{}"}}]}}"#, "x".repeat(30_000)) };
    let address = serve(Router::new().route(MESSAGES, get(answer))).await;
    let options = Options { in_hand: InHand::new(100_000), ..Options::default() };
    let flood = client(address, &options).owned_by("acme");
    let other = client(address, &options).owned_by("zeta");
    let ask = async |client: &Client| client.messages_verbatim(42, MessageRange::Newest).await;
    let held = ask(&flood).await.unwrap();
    let refused = ask(&flood).await.unwrap_err();
    assert!(matches!(refused, CallError::Unknown(Cause::NoRoom)), "{refused:?}");
    drop(ask(&other).await.unwrap());
    drop(held);
    ask(&flood).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serve(Router::new().fallback(|| async { r#"{"id":5}"# })).await;
    let to = format!("http://{elsewhere}/");
    let answer = move || async move { (StatusCode::TEMPORARY_REDIRECT, [("location", to)], "") };
    let address = serve(Router::new().route(MESSAGES, post(answer))).await;
    let (_, error) = outcome(create(address, &Options::default()).await);
    assert!(matches!(error, CallError::Unknown(Cause::ServerError(307))), "{error:?}");
}

#[tokio::test]
async fn no_error_shows_the_token_or_a_body() {
    let secret = "FICTIONALsecretInABody";
    let answer = move || async move {
        (StatusCode::INTERNAL_SERVER_ERROR, format!(r#"{{"access_token":"{secret}"}}"#))
    };
    let failing = serve(Router::new().route(MESSAGES, post(answer))).await;
    let nobody = Nobody::bound();
    for address in [failing, nobody.address(), cut_after("").await] {
        let (_, error) = outcome(create(address, &Options::default()).await);
        let mut text = format!("{error:?}");
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = source {
            text.push_str(&error.to_string());
            source = error.source();
        }
        assert!(!text.contains(TOKEN) && !text.contains(secret), "{text}");
        assert!(!text.contains("/conversations/"), "{text}");
    }
}

/// Nothing has looked at the answer's form yet when its values are counted.
#[tokio::test]
async fn an_answer_that_is_one_text_and_many_colons_is_refused_like_another_that_cannot_be_read() {
    let body = format!(r#""{}"{}"#, r"\n".repeat(250_000), ":".repeat(500_000));
    let answer = post(async move || body.clone());
    let address = serve(Router::new().route(MESSAGES, answer)).await;
    let error = create(address, &Options::default()).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown(Cause::Unreadable)), "{error:?}");
}
