use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use chatwoot::sign;
use chrono::Utc;
use domain::SecretKey;
use events::Source;
use futures_util::stream;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::journal::{self, Inspected};
use crate::testing::{self, source};

mod crowd;
mod kept;
mod large;
mod told;

/// The routes over a real journal, with some sources and no publisher.
struct Desk {
    router: Router,
    intake: Arc<Intake>,
    dir: TempDir,
}

fn key() -> SecretKey {
    "11".repeat(32).parse().unwrap()
}

impl Desk {
    fn with(sources: &[&Source]) -> Self {
        Self::configured(Some(sources), |_| {})
    }

    fn configured(sources: Option<&[&Source]>, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::with(SecretString::from("11".repeat(32)), dir.path().into());
        config.patience = Duration::from_mins(1);
        change(&mut config);
        let journal = Journal::open(dir.path(), config.limits()).unwrap();
        let sources = testing::sources(sources, &key());
        let intake = Arc::new(Intake::of(sources, Arc::new(journal), &config));
        Self { router: router(Arc::clone(&intake)), intake, dir }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn post(&self, path: &str, secret: &str, body: &[u8]) -> Response<Body> {
        self.send(signed(path, secret, Utc::now().timestamp(), body)).await
    }

    fn kept(&self) -> Vec<Inspected> {
        journal::read(self.dir.path()).unwrap().collect::<std::io::Result<_>>().unwrap()
    }

    /// Checks that the answer is this refusal and that nothing was kept.
    async fn assert_refused(&self, response: Response<Body>, status: u16, reason: &str) -> Value {
        let actual = response.status().as_u16();
        let media = response.headers()[header::CONTENT_TYPE].clone();
        let retry = response.headers().contains_key(header::RETRY_AFTER);
        let problem = read_json(response).await;
        assert_eq!((actual, &problem["type"]), (status, &json!(format!("/problems/{reason}"))));
        assert_eq!(problem["status"], status);
        assert_eq!(media, "application/problem+json");
        assert_eq!(retry, status == 503, "only what is worth another try says when");
        assert!(self.kept().is_empty());
        problem
    }
}

async fn read_json(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap()
}

fn request(path: &str) -> axum::http::request::Builder {
    Request::post(format!("/api/v1/webhooks/chatwoot{path}"))
        .header(header::CONTENT_TYPE, "application/json")
}

fn signed(path: &str, secret: &str, at: i64, body: &[u8]) -> Request<Body> {
    let at = at.to_string();
    request(path)
        .header("x-chatwoot-signature", sign(secret.as_bytes(), &at, body))
        .header("x-chatwoot-timestamp", at)
        .body(Body::from(body.to_vec()))
        .unwrap()
}

/// With headers as of somebody who signs something else.
fn unread(path: &str, body: Body) -> Request<Body> {
    let (parts, _) = signed(path, "s", Utc::now().timestamp(), b"").into_parts();
    Request::from_parts(parts, body)
}

fn path_of(source: &Source) -> String {
    format!("/{}", source.account.token())
}

fn event(account: i64) -> Vec<u8> {
    json!({ "event": "message_created", "id": 9, "account": { "id": account, "name": "A" } })
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn a_signed_event_is_in_the_journal_when_it_is_acknowledged() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let body = event(7);
    let mut request = signed(&path_of(&source), "s", Utc::now().timestamp(), &body);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request.headers_mut().insert("traceparent", parent.parse().unwrap());
    request.headers_mut().insert("x-chatwoot-delivery", "d-1".parse().unwrap());
    let response = desk.send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer = read_json(response).await;

    let kept = desk.kept();
    let [Inspected { record, published: false }] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(record.body, body);
    let inbound = &record.inbound;
    assert_eq!(answer, json!({ "id": inbound.id }));
    assert_eq!(inbound.id, domain::EventId::of(source.account, &body, &[]));
    assert_eq!(
        (inbound.account, &inbound.tenant, &*inbound.event, &*inbound.origin),
        (source.account, &source.tenant, "message_created", "webhook")
    );
    assert_eq!(inbound.delivery.as_deref(), Some("d-1"));
    assert_eq!(inbound.trace.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    assert_ne!(inbound.trace.to_string(), parent, "receiving is a step of its own");
}

#[tokio::test]
async fn the_body_names_the_account_and_the_signature_the_installation() {
    let first = source(&key(), 1, &["first"]);
    let second = source(&key(), 1, &["second"]);
    let other = source(&key(), 2, &["other"]);
    let desk = Desk::with(&[&first, &second, &other]);
    for (secret, expected) in [("second", &second), ("first", &first)] {
        let response = desk.post("", secret, &event(1)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(desk.kept().last().unwrap().record.inbound.account, expected.account);
    }
    let response = desk.post("", "other", &event(1)).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(desk.kept().len(), 2);
}

#[tokio::test]
async fn both_secrets_are_good_during_a_rotation() {
    let source = source(&key(), 7, &["old", "new"]);
    let desk = Desk::with(&[&source]);
    for (secret, status) in [("old", 200), ("new", 200), ("none", 401)] {
        let response = desk.post(&path_of(&source), secret, &event(7)).await;
        assert_eq!(response.status().as_u16(), status, "{secret}");
    }
}

#[tokio::test]
async fn unknown_sources_are_refused() {
    let known = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&known]);
    let unknown = source(&key(), 7, &["s"]);
    for path in [path_of(&unknown), "/not-a-key".to_owned()] {
        let response = desk.post(&path, "s", &event(7)).await;
        desk.assert_refused(response, 404, "unknown-source").await;
    }
    let response = desk.post("", "s", &event(8)).await;
    desk.assert_refused(response, 404, "unknown-source").await;
}

#[tokio::test]
async fn before_the_sources_are_known_the_sender_is_asked_to_come_again() {
    let desk = Desk::configured(None, |_| {});
    let response = desk.post("", "s", &event(7)).await;
    desk.assert_refused(response, 503, "sources-unknown").await;
}

#[tokio::test]
async fn only_json_is_taken() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let body = event(7);
    for media in [Some("text/plain"), Some("application/jsonp"), None] {
        let mut request = signed(&path_of(&source), "s", Utc::now().timestamp(), &body);
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(media) = media {
            request.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
        }
        let response = desk.send(request).await;
        desk.assert_refused(response, 415, "media-type").await;
    }
    let mut request = signed(&path_of(&source), "s", Utc::now().timestamp(), &body);
    let media = "Application/JSON; charset=utf-8".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, media);
    assert_eq!(desk.send(request).await.status(), StatusCode::OK);
}

fn chunks(sizes: &[usize]) -> Body {
    let chunks: Vec<_> = sizes
        .iter()
        .map(|size| Ok::<_, std::convert::Infallible>(Bytes::from(vec![b' '; *size])))
        .collect();
    Body::from_stream(stream::iter(chunks))
}

#[tokio::test]
async fn oversize_is_refused_whether_announced_or_not() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::configured(Some(&[&source]), |config| config.max_body_bytes = 100);
    for body in [Body::from(vec![b' '; 101]), chunks(&[101]), chunks(&[60, 40, 1])] {
        let response = desk.send(unread(&path_of(&source), body)).await;
        desk.assert_refused(response, 413, "too-large").await;
    }
    // Just within: it fails for want of the right signature only.
    for body in [Body::from(vec![b' '; 100]), chunks(&[60, 40])] {
        let response = desk.send(unread(&path_of(&source), body)).await;
        desk.assert_refused(response, 401, "signature").await;
    }
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let body = event(7);
    let (parts, _) = signed(&path_of(&source), "s", Utc::now().timestamp(), &body).into_parts();
    let pieces: Vec<_> =
        body.chunks(5).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let request = Request::from_parts(parts, Body::from_stream(stream::iter(pieces)));
    assert_eq!(desk.send(request).await.status(), StatusCode::OK);
    assert_eq!(desk.kept()[0].record.body, body);
}

/// A body that never begins.
fn never() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

#[tokio::test]
async fn a_sender_that_dawdles_is_cut_off() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::configured(Some(&[&source]), |config| config.read_seconds = 1);
    let response = desk.send(unread(&path_of(&source), never())).await;
    desk.assert_refused(response, 408, "slow-body").await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let broken = std::io::Error::other("reset");
    let body = Body::from_stream(stream::iter([Ok(Bytes::from_static(b"{")), Err(broken)]));
    let response = desk.send(unread(&path_of(&source), body)).await;
    desk.assert_refused(response, 400, "broken-body").await;
}

#[tokio::test]
async fn signatures_must_be_there_fit_and_be_fresh() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let (path, body, now) = (path_of(&source), event(7), Utc::now().timestamp());

    let unsigned = request(&path).body(Body::from(body.clone())).unwrap();
    let stale = signed(&path, "s", now - 400, &body);
    let ahead = signed(&path, "s", now + 400, &body);
    let wrong = signed(&path, "t", now, &body);
    for request in [unsigned, stale, ahead, wrong] {
        let response = desk.send(request).await;
        desk.assert_refused(response, 401, "signature").await;
    }
    // Signed, but not these bytes: the same JSON written in another way.
    let (parts, _) = signed(&path, "s", now, &body).into_parts();
    let rewritten = [body, b" ".to_vec()].concat();
    let response = desk.send(Request::from_parts(parts, Body::from(rewritten))).await;
    desk.assert_refused(response, 401, "signature").await;
}

#[tokio::test]
async fn unsigned_events_pass_only_where_the_operator_said_so() {
    let lax = Source { allow_unsigned: true, ..source(&key(), 7, &[]) };
    let strict = source(&key(), 8, &["s"]);
    let desk = Desk::with(&[&lax, &strict]);
    let unsigned = |path: &str, account| request(path).body(Body::from(event(account))).unwrap();
    for path in ["", &path_of(&strict)] {
        let response = desk.send(unsigned(path, 8)).await;
        desk.assert_refused(response, 401, "signature").await;
    }
    // A number that anybody can guess is not enough.
    let response = desk.send(unsigned("", 7)).await;
    desk.assert_refused(response, 401, "signature").await;
    assert_eq!(desk.send(unsigned(&path_of(&lax), 7)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_unsigned_event_that_may_be_anybodys_is_nobodys() {
    let lax = Source { allow_unsigned: true, ..source(&key(), 7, &[]) };
    let other = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&lax, &other]);
    let response = desk.send(request("").body(Body::from(event(7))).unwrap()).await;
    desk.assert_refused(response, 401, "signature").await;
}

#[tokio::test]
async fn a_secret_that_is_known_is_checked_even_where_unsigned_is_allowed() {
    let source = Source { allow_unsigned: true, ..source(&key(), 7, &["s"]) };
    let unopened = Source { sealed_secrets: vec!["00".to_owned()], ..source.clone() };
    for source in [source, unopened] {
        let desk = Desk::with(&[&source]);
        let response = desk.post(&path_of(&source), "wrong", &event(7)).await;
        desk.assert_refused(response, 401, "signature").await;
        let unsigned = request(&path_of(&source)).body(Body::from(event(7))).unwrap();
        desk.assert_refused(desk.send(unsigned).await, 401, "signature").await;
    }
}

#[tokio::test]
async fn what_is_no_json_or_no_event_is_refused() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let long_name = json!({ "event": "e".repeat(129), "account": { "id": 7 } }).to_string();
    for (body, status, reason) in [
        ("", 400, "not-json"),
        ("{", 400, "not-json"),
        ("event=message_created", 400, "not-json"),
        ("[]", 422, "not-an-event"),
        (r#"{"account":{"id":7}}"#, 422, "not-an-event"),
        (r#"{"event":5,"account":{"id":7}}"#, 422, "not-an-event"),
        (&long_name, 422, "not-an-event"),
    ] {
        for path in ["", &path_of(&source)] {
            let response = desk.post(path, "s", body.as_bytes()).await;
            desk.assert_refused(response, status, reason).await;
        }
    }
    let response = desk.post("", "s", br#"{"event":"message_created"}"#).await;
    desk.assert_refused(response, 422, "not-an-event").await;
}

#[tokio::test]
async fn a_signature_is_asked_for_before_the_body_is_looked_at() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let response = desk.post(&path_of(&source), "wrong", b"{").await;
    desk.assert_refused(response, 401, "signature").await;
}

#[tokio::test]
async fn another_accounts_event_is_refused_although_it_is_signed() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let response = desk.post(&path_of(&source), "s", &event(8)).await;
    desk.assert_refused(response, 422, "foreign-account").await;
}

#[tokio::test]
async fn events_of_later_versions_and_without_an_account_are_kept() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    for body in
        [r#"{"event":"call_started","account":{"id":7}}"#, r#"{"event":"conversation_created"}"#]
    {
        let response = desk.post(&path_of(&source), "s", body.as_bytes()).await;
        assert_eq!(response.status(), StatusCode::OK, "{body}");
    }
    assert_eq!(desk.kept()[0].record.inbound.event, "call_started");
}

#[tokio::test]
async fn without_a_journal_nothing_is_acknowledged() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    std::fs::remove_dir_all(desk.dir.path()).unwrap();
    let response = desk.post(&path_of(&source), "s", &event(7)).await;
    std::fs::create_dir(desk.dir.path()).unwrap();
    desk.assert_refused(response, 503, "journal-unwritable").await;
}

#[tokio::test]
async fn after_the_stream_means_not_before_it() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::configured(Some(&[&source]), |config| {
        config.acknowledge_after = AcknowledgeAfter::Stream;
    });
    // Nobody publishes here.
    let response = desk.post(&path_of(&source), "s", &event(7)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(read_json(response).await["type"], "/problems/not-published");
    assert_eq!(desk.kept().len(), 1, "it is in the journal all the same");
}
