//! P6: whatever is read names the place in the stream that it reflects.

use testkit::reqwest::Method;

use crate::support::{Served, Stream};
use crate::walk::{Things, Tokens, Walk};

const POSITION: &str = "x-activity-position";
/// What is not read from the database, or was a moment ago, for others too.
const NOWHERE: [&str; 3] = ["/auth/config", "/chatwoot", "/operations/pipeline"];

#[tokio::test]
async fn every_answer_that_is_read_names_the_place_that_it_reflects() {
    let served = Served::start().await;
    testkit::eventually("the stream is followed", async || {
        served.read("/activity").await["position"]["activity"].is_string()
    })
    .await;
    let walk = Walk::of(&served).await;
    let tokens = Tokens::of(&served).await;
    let things = Things::seed(&served, &served.ours, 1).await;
    let (mut placed, mut last) = (0, None);
    for operation in walk.operations().iter().filter(|one| one.method == Method::GET) {
        let token = tokens.whose(operation);
        let answer = walk.request(&served, operation, &things).bearer_auth(token);
        let answer = answer.send().await.unwrap();
        let headers = answer.headers();
        let is_json =
            headers.get("content-type").is_some_and(|kind| kind.as_bytes() == b"application/json");
        let nowhere = NOWHERE.iter().any(|path| operation.path.ends_with(path));
        let expected = answer.status() == 200 && is_json && !nowhere;
        assert_eq!(headers.contains_key(POSITION), expected, "{operation}: {answer:?}");
        if let Some(place) = headers.get(POSITION) {
            placed += 1;
            last = Some(place.to_str().unwrap().to_owned());
        }
    }
    assert!(placed > 15, "{placed}");
    let mut stream = Stream::open(&served, "/activity", last.as_deref()).await;
    stream.expect("ready").await;
}
