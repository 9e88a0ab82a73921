//! How much memory a body takes that is little else than values. One test after the other, alone in the process whose
//! memory they measure.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::sync::Mutex;

use axum::Router;
use axum::routing::post;
use chatwoot::client::Options;
use chatwoot::webhook::MOST_VALUES;
use chatwoot::{Client, DecodeError, Webhook, decode};

const MIB: usize = 1024 * 1024;

/// A contact with an attribute of so many objects, each a value and the object around it, in eight bytes.
fn dense(objects: usize) -> String {
    let list = vec![r#"{"":0}"#; objects].join(",");
    format!(r#"{{"event":"contact_updated","id":9,"custom_attributes":{{"x":[{list}]}}}}"#)
}

/// How much more memory than before was in use at some time, in bytes.
fn grown_by<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let of = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    };
    // Forgets the most that was in use.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = of("VmRSS:");
    let done = work();
    (done, of("VmHWM:").saturating_sub(before))
}

static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_body_of_too_many_values_is_refused_before_it_is_read() {
    let _alone = ALONE.lock();
    let most = dense(MOST_VALUES / 2 - 5);
    let (read, least) = grown_by(|| decode(most.as_bytes()));
    assert!(matches!(read, Ok(Webhook::ContactUpdated(_))), "{read:?}");
    assert!(least < 40 * MIB, "{} MiB", least / MIB);
    drop(read);
    let million = dense(500_000);
    let (read, grown) = grown_by(|| decode(million.as_bytes()));
    assert!(grown < 40 * MIB, "{} MiB", grown / MIB);
    assert!(matches!(read, Err(DecodeError::TooManyValues)));
    let list = vec![r#"{"":0}"#; 500_000].join(",");
    // Some versions print an object within a text.
    let printed = serde_json::json!({
        "event": "message_created", "id": 7, "conversation": { "id": 9 },
        "content_attributes": format!(r#"{{"x":[{list}]}}"#),
    });
    let printed = printed.to_string();
    let (read, grown) = grown_by(|| decode(printed.as_bytes()));
    assert!(grown < 40 * MIB, "{} MiB", grown / MIB);
    assert!(matches!(read, Err(DecodeError::TooManyValues)));
    let more = dense(MOST_VALUES / 2 + 5);
    assert!(matches!(decode(more.as_bytes()), Err(DecodeError::TooManyValues)));
}

/// All but the time is left out of the answer, however much there is.
#[test]
fn of_an_answer_of_which_one_field_matters_no_other_is_read_into_memory() {
    let _alone = ALONE.lock();
    let list = vec![r#"{"":0}"#; 1_000_000].join(",");
    let body = format!(r#"{{"agent_last_seen_at":1791274542,"odd":[{list}]}}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let path = "/api/v1/accounts/1/conversations/42/update_last_seen";
        let answer = post(async move || body.clone());
        let router = Router::new().route(path, answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::new(&base, 1, &"FICTIONAL".into(), &Options::default()).unwrap();
        client.update_last_seen(42).await
    };
    let (seen, grown) = grown_by(|| runtime.block_on(seen));
    assert_eq!(seen.unwrap().unwrap().timestamp(), 1_791_274_542);
    assert!(grown < 100 * MIB, "{} MiB", grown / MIB);
}
