//! Delivering a webhook the way Chatwoot does, to test a receiver.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};

use crate::signature::{DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

/// How many bytes of the answer are shown.
const MAX_ANSWER: usize = 64 << 10;
const JSON: &str = "application/json";

/// A sender of webhooks to one address.
#[derive(Debug, Clone)]
pub struct Delivery {
    http: reqwest::Client,
    url: String,
    secret: Option<SecretString>,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// HTTP status; Chatwoot takes any 2xx for delivered.
    pub status: u16,
    /// The answer's text, cut at 64 KiB. Chatwoot does not look at it.
    pub body: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No connection could be made.
    #[error("no connection to the receiver could be made: check the address and that it runs")]
    Refused(#[source] reqwest::Error),
    /// No answer within 5 seconds. Chatwoot would have given the event up.
    #[error("the receiver did not answer within 5 seconds, after which Chatwoot drops the event")]
    Timeout,
    /// The address can't be posted to, or the connection broke.
    #[error("the delivery failed")]
    Failed(#[source] reqwest::Error),
}

impl Delivery {
    /// Posts to `url`, as a webhook with this secret, or without one as an old version does.
    pub fn to(url: &str, secret: Option<SecretString>) -> Result<Self, DeliveryError> {
        const LIMIT: Duration = Duration::from_secs(5);
        let http = crate::tls::http()
            .timeout(LIMIT)
            .connect_timeout(LIMIT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(DeliveryError::Failed)?;
        Ok(Self { http, url: url.to_owned(), secret })
    }

    /// Posts a body once. `delivery_id` is a UUID; `sent_at` is in Unix seconds.
    pub async fn send(
        &self,
        body: impl Into<bytes::Bytes>,
        delivery_id: &str,
        sent_at: i64,
    ) -> Result<Delivered, DeliveryError> {
        let body = body.into();
        let mut request = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, JSON)
            .header(USER_AGENT, "Ruby")
            .header(DELIVERY_HEADER, delivery_id);
        if let Some(secret) = &self.secret {
            let timestamp = sent_at.to_string();
            let signature = sign(secret.expose_secret().as_bytes(), &timestamp, &body);
            request =
                request.header(TIMESTAMP_HEADER, timestamp).header(SIGNATURE_HEADER, signature);
        }
        let mut response = request.body(body).send().await.map_err(failed)?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = MAX_ANSWER.saturating_sub(answer.len());
            answer.extend(chunk.iter().take(room));
            if chunk.len() > room {
                break;
            }
        }
        let body = String::from_utf8_lossy(&answer).into_owned();
        Ok(Delivered { status: response.status().as_u16(), body })
    }
}

fn failed(error: reqwest::Error) -> DeliveryError {
    let error = error.without_url();
    if error.is_connect() {
        DeliveryError::Refused(error)
    } else if error.is_timeout() {
        DeliveryError::Timeout
    } else {
        DeliveryError::Failed(error)
    }
}
