//! A delivery looks to a receiver like one of Chatwoot's.

use crate::server::{Nobody, serve};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chatwoot::delivery::{Delivery, DeliveryError};
use chatwoot::signature::{
    DELIVERY_HEADER, SIGNATURE_HEADER, SignatureError, TIMESTAMP_HEADER, TOLERANCE,
};
use chatwoot::verify;
use secrecy::SecretString;

const SENT_AT: i64 = 1_791_274_542;

async fn receive(headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name| headers.get(name).map(axum::http::HeaderValue::as_bytes);
    assert_eq!(header("content-type"), Some(b"application/json".as_slice()));
    assert_eq!(header("accept"), Some(b"application/json".as_slice()));
    assert_eq!(header("user-agent"), Some(b"Ruby".as_slice()));
    assert_eq!(header(DELIVERY_HEADER), Some(b"00000000-0000-4000-8000-000000000001".as_slice()));
    let secrets = [b"FICTIONALsecret".as_slice()];
    let (timestamp, signature) = (header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER));
    match verify(secrets, timestamp, signature, &body, SENT_AT, TOLERANCE) {
        Ok(()) => (StatusCode::OK, "verified".to_owned()),
        Err(SignatureError::MissingHeader(_)) => (StatusCode::UNAUTHORIZED, "x".repeat(100_000)),
        Err(error) => (StatusCode::FORBIDDEN, error.to_string()),
    }
}

async fn deliver(secret: Option<&str>) -> (u16, String) {
    let address = serve(Router::new().route("/hook", post(receive))).await;
    let delivery = Delivery::to(&format!("http://{address}/hook"), secret.map(SecretString::from));
    let (_, body) = chatwoot::examples()[0];
    let id = "00000000-0000-4000-8000-000000000001";
    let delivered = delivery.unwrap().send(body, id, SENT_AT).await.unwrap();
    (delivered.status, delivered.body)
}

#[tokio::test]
async fn a_signed_delivery_verifies() {
    assert_eq!(deliver(Some("FICTIONALsecret")).await, (200, "verified".to_owned()));
    assert_eq!(deliver(Some("another")).await.0, 403);
}

#[tokio::test]
async fn a_delivery_without_a_secret_is_unsigned_and_a_long_answer_is_cut() {
    let (status, body) = deliver(None).await;
    assert_eq!((status, body.len()), (401, 64 << 10));
}

#[tokio::test]
async fn a_receiver_that_is_away_is_said_to_be() {
    let nobody = Nobody::bound();
    let delivery = Delivery::to(&format!("http://{}/hook", nobody.address()), None).unwrap();
    let error = delivery.send("{}", "id", SENT_AT).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Refused(_)), "{error:?}");
}
