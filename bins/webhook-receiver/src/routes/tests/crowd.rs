//! Senders who leave no room to others.

use futures_util::StreamExt as _;
use tokio_util::task::AbortOnDropHandle;

use super::*;

type Waiting = AbortOnDropHandle<StatusCode>;

/// Has so many bodies begin with this, and keeps them waiting for the rest.
async fn crowd(desk: &Arc<Desk>, path: &str, bodies: usize, beginning: &Bytes) -> Vec<Waiting> {
    let body = || {
        let first = stream::iter([Ok::<_, std::io::Error>(beginning.clone())]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let begin = |_| {
        let (at, request) = (Arc::clone(desk), unread(path, body()));
        AbortOnDropHandle::new(tokio::spawn(async move { at.send(request).await.status() }))
    };
    let waiting = (0..bodies).map(begin).collect();
    // One after the other, they come as far as they can.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    waiting
}

#[tokio::test]
async fn a_crowd_at_the_address_that_anybody_can_guess_leaves_room_for_the_sources() {
    const LENGTH: usize = 4 * 1024 * 1024;
    let beginning = Bytes::from(vec![b' '; LENGTH]);
    let (first, second) = (source(&key(), 7, &["s"]), source(&key(), 8, &["s"]));
    let other = Source { tenant: "globex".parse().unwrap(), ..source(&key(), 9, &["s"]) };
    let desk = Arc::new(Desk::with(&[&first, &second, &other]));
    let strangers = crowd(&desk, "", BODIES / LENGTH, &beginning).await;
    assert_eq!(desk.intake.guessed.available_permits(), 0);
    assert_eq!(desk.post(&path_of(&first), "s", &event(7)).await.status(), 200);
    // Nor do one tenant's sources leave nothing to another's.
    let theirs = crowd(&desk, &path_of(&first), BODIES / LENGTH, &beginning).await;
    for (theirs, number) in [(&first, 7), (&second, 8)] {
        let response = desk.post(&path_of(theirs), "s", &event(number)).await;
        assert_eq!(response.status(), 503);
    }
    assert_eq!(desk.post(&path_of(&other), "s", &event(9)).await.status(), 200);
    drop((strangers, theirs));
}

#[tokio::test]
async fn large_bodies_of_strangers_are_examined_in_a_place_of_their_own() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let _strangers = desk.intake.examining_guessed.acquire().await.unwrap();
    let body = format!(r#"{{"event":"e","account":{{"id":7}},"long":"{}"}}"#, "x".repeat(300_000));
    assert_eq!(desk.post(&path_of(&source), "s", body.as_bytes()).await.status(), 200);
}

#[tokio::test]
async fn bodies_of_strangers_that_have_to_be_compared_with_many_secrets_count_as_large() {
    let namesakes: Vec<_> = (0..32).map(|_| source(&key(), 7, &["new", "old"])).collect();
    let desk = Arc::new(Desk::with(&namesakes.iter().collect::<Vec<_>>()));
    let strangers = desk.intake.examining_guessed.acquire().await.unwrap();
    let long = format!(r#"{{"event":"e","account":{{"id":7}},"long":"{}"}}"#, "x".repeat(9_000));
    let begin = |path: String| {
        let (at, body) = (Arc::clone(&desk), long.clone());
        let sending = async move { at.post(&path, "made up", body.as_bytes()).await.status() };
        AbortOnDropHandle::new(tokio::spawn(sending))
    };
    let (theirs, ours) = (begin(String::new()), begin(path_of(&namesakes[0])));
    assert_eq!(ours.await.unwrap(), 401);
    assert_eq!(desk.post("", "made up", &event(7)).await.status(), 401);
    assert!(!theirs.is_finished(), "it waits for its turn");
    drop(strangers);
    assert_eq!(theirs.await.unwrap(), 401);
}

#[tokio::test]
async fn who_cannot_have_signed_is_refused_before_the_body_is_read() {
    let strict = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&strict]);
    let now = Utc::now().timestamp();
    let (fresh, stale) = (now.to_string(), (now - 400).to_string());
    let (good, malformed) = (sign(b"s", &fresh, b""), "sha256=0".to_owned());
    for path in ["", &path_of(&strict)] {
        for (at, signature) in [
            (None, Some(&good)),
            (Some(&fresh), None),
            (Some(&stale), Some(&good)),
            (Some(&fresh), Some(&malformed)),
        ] {
            let mut request = request(path).body(never()).unwrap();
            for (name, value) in [("x-chatwoot-timestamp", at), ("x-chatwoot-signature", signature)]
            {
                if let Some(value) = value {
                    request.headers_mut().insert(name, value.parse().unwrap());
                }
            }
            desk.assert_refused(desk.send(request).await, 401, "signature").await;
        }
    }
}

#[tokio::test]
async fn no_tenant_crowds_another_one_out_of_their_number() {
    let ours = || Source { tenant: "ours".parse().unwrap(), ..source(&key(), 7, &["s"]) };
    let theirs: Vec<_> = (0..40).map(|_| source(&key(), 7, &["theirs"])).collect();
    // Of anybody, and without a secret yet.
    let begun: Vec<_> = (0..40)
        .map(|n| Source { tenant: format!("t-{n}").parse().unwrap(), ..source(&key(), 7, &[]) })
        .collect();
    for (others, nobodys) in [(theirs, 404), (begun, 401)] {
        let ours = ours();
        let sources: Vec<_> = others.iter().chain([&ours]).collect();
        let desk = Desk::with(&sources);
        assert_eq!(desk.post("", "s", &event(7)).await.status(), 200);
        assert_eq!(desk.kept()[0].record.inbound.account, ours.account);
        assert_eq!(desk.post("", "nobody's", &event(7)).await.status(), nobodys);
    }
}
