//! What the API says of itself. The Shell's types are made of it, so it is kept there:
//! `API_DESCRIBE=1 cargo test -p api --test routes openapi` writes it, `npm run types` in `shell/` makes
//! the types.

use std::path::{Path, PathBuf};

use domain::{Permission, Permissions};
use serde_json::Value;

use crate::support::{Served, TENANT, problem};
use crate::walk::{Things, Walk};

/// What is open to whoever is known, or to anybody.
const UNCONDITIONAL: [&str; 4] =
    ["/api/v1/auth/config", "/api/v1/me", "/api/v1/me/links", "/api/v1/me/links/{id}"];

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shell/src/api/openapi.json")
}

#[test]
fn the_description_changes_knowingly() {
    let now = api::openapi_json().unwrap() + "\n";
    if std::env::var_os("API_DESCRIBE").is_some() {
        std::fs::write(kept(), &now).unwrap();
    }
    let before = std::fs::read_to_string(kept()).unwrap();
    let changed = before.lines().zip(now.lines()).position(|(before, now)| before != now);
    assert!(
        before == now,
        "shell/src/api/openapi.json is another one from line {} on: if that is meant, run this test with \
         API_DESCRIBE=1, then `npm run types` in shell/",
        changed.unwrap_or_else(|| before.lines().count().min(now.lines().count())) + 1,
    );
}

#[test]
fn every_refusal_is_shown_by_examples_of_its_status() {
    let document: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    let mut shown = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"]["application/problem+json"];
                assert!(status.as_str() < "4" || !content.is_null(), "{path} {status}");
                if content.is_null() {
                    continue;
                }
                let examples = content["examples"].as_object().map(serde_json::Map::values);
                for example in examples.unwrap_or_else(|| panic!("{path} {status}")) {
                    let pointer = example["$ref"].as_str().unwrap().trim_start_matches('#');
                    let example = document.pointer(pointer).unwrap();
                    let told = example["value"]["status"].to_string();
                    assert!(told == *status || status == "default", "{path} {status} {told}");
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 100, "{shown}");
}

#[tokio::test]
async fn the_description_is_served_and_readable_without_the_internet() {
    let served = Served::start().await;
    let json: Value = served.read("/openapi.json").await;
    assert_eq!(json, serde_json::from_str::<Value>(&api::openapi_json().unwrap()).unwrap());
    let page = served.get("/docs").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("/api/v1/conversations/{id}/messages"));
    for load in ["<script", "src=\"http", "href=\"http", "url(http"] {
        assert!(!page.contains(load), "{load}");
    }
}

#[tokio::test]
async fn every_operation_wants_a_caller_who_is_known() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    let operations = walk.operations();
    assert!(operations.len() >= 8, "{}", operations.len());
    for operation in operations.iter().filter(|operation| !operation.open) {
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

#[tokio::test]
async fn every_operation_says_what_its_caller_must_be_permitted_to_do_and_wants_just_that() {
    let served = Served::start().await;
    let walk = Walk::of(&served).await;
    for operation in walk.operations() {
        let Some(needed) = operation.permission else {
            assert!(UNCONDITIONAL.contains(&&*operation.path), "{operation} names none");
            continue;
        };
        let key = async |may: Permissions| {
            if operation.is_above_tenants() {
                let may = may.intersection(Permissions::of_installation());
                served.installation_key(may).await
            } else {
                served.key(TENANT, may).await
            }
        };
        let others = Permission::ALL.iter().copied().filter(|one| *one != needed).collect();
        let request = walk.request(&served, &operation, &Things::unknown());
        let answer = request.bearer_auth(key(others).await).send().await.unwrap();
        let lacks = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(lacks, format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\""));
        assert_eq!(problem(answer).await, (403, "forbidden".to_owned()), "{operation}");

        let alone = key([needed].into_iter().collect()).await;
        let request = walk.request(&served, &operation, &Things::unknown());
        let answer = request.bearer_auth(alone).send().await.unwrap();
        if answer.status() == 403 {
            // Whatever a key may do, it is nobody in Chatwoot.
            let refused = problem(answer).await.1;
            assert_eq!(refused, "people-only", "{operation} wants more than it says");
        }
    }
}
