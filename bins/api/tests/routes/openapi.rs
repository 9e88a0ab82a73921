use serde_json::Value;

use crate::support::{Served, problem};
use crate::walk::{Things, Walk};

#[test]
fn the_description_changes_knowingly() {
    insta::assert_snapshot!(api::openapi_json().unwrap());
}

#[tokio::test]
async fn the_description_is_served_and_readable_without_the_internet() {
    let served = Served::start().await;
    let json: Value = served.read("/openapi.json").await;
    assert_eq!(json, serde_json::from_str::<Value>(&api::openapi_json().unwrap()).unwrap());
    let page = served.get("/docs").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("/api/v1/conversations/{id}/messages"));
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
}

#[tokio::test]
async fn every_operation_wants_a_caller_who_is_known() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let operations = walk.operations();
    assert!(operations.len() >= 8, "{}", operations.len());
    for operation in &operations {
        for token in [None, Some("Bearer other"), Some("Basic mock-token")] {
            let mut request = walk.request(&served, operation, &Things::unknown());
            if let Some(token) = token {
                request = request.header("authorization", token);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["www-authenticate"], "Bearer", "{operation}");
            assert_eq!(problem(answer).await, (401, "unauthorized".to_owned()));
        }
    }
}

#[test]
fn every_operation_says_what_its_caller_must_be_permitted_to_do() {
    let description: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let [needs] = &operation["security"].as_array().unwrap()[..] else {
                panic!("{method} {path} names no permission");
            };
            let [permission] = &needs["bearer"].as_array().unwrap()[..] else {
                panic!("{method} {path} names {needs}");
            };
            let permission = permission.as_str().unwrap();
            assert!(permission.parse::<domain::Permission>().is_ok(), "{method} {path}");
            let refusal = operation["responses"]["403"]["description"].as_str().unwrap();
            assert!(refusal.contains(&format!("`{permission}`")), "{method} {path}: {refusal}");
        }
    }
}
