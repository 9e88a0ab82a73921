//! Bad input, for every operation that the served description tells of: each parameter and each
//! field of a body with what its schema does not admit.

use api::Config;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::reqwest::RequestBuilder;

use crate::support::{Served, TENANT, problem};
use crate::walk::{Operation, Things, Tokens, Walk};

/// What is no id, no time, no name and no choice.
const NONSENSE: &str = "~nonsense~";

/// Places in lists, at a time that the database does not know.
const BEFORE_ALL_TIMES: [&str; 2] = [
    r#"[-8000000000000000000,"01a21748-bbd6-7116-83ec-5071fef35956"]"#,
    r#"["newest",-8000000000000000000,0,"01a21748-bbd6-7116-83ec-5071fef35956"]"#,
];

/// What is refused with, by the kind of what is wrong.
const NO_THING: &[u16] = &[404];
const UNREADABLE: &[u16] = &[400];
const NOT_JSON: &[u16] = &[415];
const INVALID: &[u16] = &[400, 422];

/// A request with one thing wrong.
struct Wrong {
    what: String,
    request: RequestBuilder,
    expected: &'static [u16],
}

#[tokio::test]
async fn whatever_is_malformed_is_refused_by_every_operation_and_changes_nothing() {
    let accounts = accounts::Config {
        secret_key: Some(testkit::SECRET_KEY.into()),
        public_url: Some("https://axis.example.com".to_owned()),
        accounts_allow_private: false,
        ..accounts::Config::default()
    };
    let served = Served::with(Config { accounts, ..Config::default() }).await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let things = Things::seed(&served, &served.ours, 1).await;
    let before = served.rows_of(TENANT).await;
    let (mut tried, mut taken) = (0, Vec::new());
    for operation in walk.operations() {
        for wrong in mistakes(&served, &walk, &operation, &things) {
            let what = format!("{operation}: {}", wrong.what);
            let answer = wrong.request.bearer_auth(tokens.whose(&operation)).send().await.unwrap();
            let status = answer.status().as_u16();
            if wrong.expected.contains(&status) {
                problem(answer).await;
            } else {
                taken.push(format!("{what} is answered with {status}"));
            }
            tried += 1;
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert!(tried > 400, "{tried}");
    assert_eq!(served.rows_of(TENANT).await, before);
    assert_eq!(served.world.bus.dead_letters().count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_field_that_is_missing_is_named() {
    let served = Served::start().await;
    let answer = served.post("/api-keys", &json!({ "roles": ["viewer"] })).send().await.unwrap();
    let refused: Value = answer.json().await.unwrap();
    assert_eq!(refused["errors"], json!([{ "field": "name", "message": "is missing" }]));
    assert_eq!(refused["detail"], "name is missing");
}

#[tokio::test]
async fn what_is_wrong_with_a_field_is_told_without_its_place_in_the_text() {
    let served = Served::start().await;
    let body = json!({ "name": 7, "roles": ["viewer"] });
    let refused: Value =
        served.post("/api-keys", &body).send().await.unwrap().json().await.unwrap();
    let message = "invalid type: integer `7`, expected a string";
    assert_eq!(refused["errors"], json!([{ "field": "name", "message": message }]));
    let proposed = json!({
        "conversationId": uuid::Uuid::now_v7(), "type": "proposed_reply", "reason": "A refund.",
        "metadata": { "content": "We refund it.", "private": "no" },
    });
    let refused: Value =
        served.post("/approvals", &proposed).send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["errors"][0]["field"], "metadata.private");
}

fn mistakes(served: &Served, walk: &Walk, operation: &Operation, things: &Things) -> Vec<Wrong> {
    let mut mistakes = Vec::new();
    let mut mistake = |what: String, request, expected| {
        mistakes.push(Wrong { what, request, expected });
    };
    let url = format!("{}{}", served.base, Walk::path(operation, things));
    let to = |url: &str| served.http.request(operation.method.clone(), url);
    for parameter in &operation.parameters {
        let name = parameter["name"].as_str().unwrap();
        let schema = walk.resolved(&parameter["schema"]);
        match parameter["in"].as_str().unwrap() {
            "path" => {
                let path = operation.path.replace(&format!("{{{name}}}"), NONSENSE);
                let path = Walk::path(&Operation { path, ..operation.clone() }, things);
                mistake(
                    format!("{name} is no id"),
                    to(&format!("{}{path}", served.base)),
                    NO_THING,
                );
            }
            "query" => {
                let mut values = vec!["a\0b".to_owned()];
                let texts = unlike(&schema).into_iter().filter_map(|value| match value {
                    Value::String(text) => Some(text),
                    // Whatever stands in an address is a text.
                    _ if schema["type"] == "string" => None,
                    value => Some(value.to_string()),
                });
                values.extend(texts.filter(|text| !text.is_empty()));
                if name == "cursor" {
                    values.push(NONSENSE.to_owned());
                    values.extend(BEFORE_ALL_TIMES.map(|place| URL_SAFE_NO_PAD.encode(place)));
                }
                for value in values {
                    let short: String = value.chars().take(20).collect();
                    let request = to(&url).query(&[(name, &value)]);
                    mistake(format!("{name} is {short:?}"), request, INVALID);
                }
            }
            _ if name == "Idempotency-Key" => {
                let request = walk.request(served, operation, things);
                for value in ["", "two words", &"k".repeat(256)] {
                    let request = request.try_clone().unwrap().header(name, value);
                    mistake(format!("{name} is {value:?}"), request, INVALID);
                }
            }
            _ => {}
        }
    }
    let Some(schema) = &operation.body else { return mistakes };
    let json = "application/json";
    let typed =
        |kind: &str, body: &str| to(&url).header("content-type", kind).body(body.to_owned());
    let good = walk.sample(schema, things);
    mistake("the body is cut".to_owned(), typed(json, "{"), UNREADABLE);
    mistake("there is no body".to_owned(), typed(json, ""), UNREADABLE);
    mistake("the body is text".to_owned(), typed("text/plain", &good.to_string()), NOT_JSON);
    mistake("the body is a list".to_owned(), typed(json, "[]"), INVALID);
    let schema = walk.resolved(schema);
    for name in schema["required"].as_array().into_iter().flatten() {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name.as_str().unwrap());
        mistake(format!("{name} is missing"), to(&url).json(&body), INVALID);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        for value in unlike(&walk.resolved(field)) {
            let short: String = value.to_string().chars().take(20).collect();
            let mut body = good.clone();
            body[name] = value;
            mistake(format!("{name} is {short}"), to(&url).json(&body), INVALID);
        }
    }
    mistakes
}

/// Values that a schema does not admit.
fn unlike(schema: &Value) -> Vec<Value> {
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let kind = kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null"));
    let number = |name: &str| schema[name].as_i64();
    match kind {
        Some("string") => {
            let mut values = vec![json!(7)];
            let formatted = matches!(schema["format"].as_str(), Some("uuid" | "date-time"));
            if formatted || !schema["enum"].is_null() || !schema["pattern"].is_null() {
                values.push(json!(NONSENSE));
            }
            if number("minLength").is_some_and(|least| least > 0) {
                values.push(json!(""));
            }
            values.extend(
                number("maxLength")
                    .map(|most| json!("x".repeat(usize::try_from(most).unwrap() + 1))),
            );
            values
        }
        Some("integer" | "number") => {
            let mut values = vec![json!("x")];
            values.extend(number("minimum").map(|least| json!(least - 1)));
            values.extend(number("maximum").map(|most| json!(most + 1)));
            values
        }
        Some("boolean") => vec![json!("perhaps")],
        Some("array") => vec![json!("x"), json!([7])],
        Some("object") => vec![json!("x"), json!([])],
        kind => unreachable!("a schema of an unknown kind: {kind:?}"),
    }
}
