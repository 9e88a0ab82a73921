//! One delivery over HTTP.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, USER_AGENT};
use reqwest::{Client, Url, redirect};
use sha2::Sha256;
use tokio::sync::OnceCell;

use super::log::Outcome;

const MAX_REDIRECTS: usize = 10;
/// How much of an answer is read, and thrown away, to keep the connection.
const MAX_ANSWER: usize = 64 * 1024;

pub(super) struct Sender {
    timeout: Duration,
    /// Made when it is needed, since that reads every certificate of the machine.
    client: OnceCell<Client>,
}

/// What to send, and where.
pub(super) struct Request<'a> {
    pub url: &'a str,
    /// `None` if the webhook is older than secrets are.
    pub secret: Option<&'a str>,
    pub delivery_id: &'a str,
    pub body: Bytes,
}

impl Sender {
    /// `timeout` limits connecting, and each wait on the answer.
    pub(super) fn new(timeout: Duration) -> Self {
        // Fails only if a provider is installed already, which then is the same one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        Self { timeout, client: OnceCell::new() }
    }

    async fn client(&self) -> reqwest::Result<&Client> {
        let made = async || {
            Client::builder()
                .connect_timeout(self.timeout)
                .read_timeout(self.timeout)
                .redirect(redirect::Policy::none())
                .build()
        };
        self.client.get_or_try_init(made).await
    }

    /// Tries once. Redirects are followed with method, headers and body repeated.
    pub(super) async fn post(&self, request: Request<'_>) -> Outcome {
        match self.follow(request).await {
            Ok(status) => Outcome::Answered { status },
            Err(error) => Outcome::Failed { error },
        }
    }

    async fn follow(&self, request: Request<'_>) -> Result<u16, String> {
        let mut url = Url::parse(request.url).map_err(|error| error.to_string())?;
        let headers = headers(&request);
        let client = self.client().await.map_err(|error| error.to_string())?;
        for _ in 0..=MAX_REDIRECTS {
            let post = client.post(url.clone()).headers(headers.clone());
            let sent = post.body(request.body.clone()).send().await;
            let mut answer = sent.map_err(|error| error.without_url().to_string())?;
            let status = answer.status();
            let next = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            if let Some(next) = next.filter(|_| status.is_redirection()) {
                url = url.join(next).map_err(|error| error.to_string())?;
                continue;
            }
            let mut read = 0;
            while let Ok(Some(chunk)) = answer.chunk().await {
                read += chunk.len();
                if read > MAX_ANSWER {
                    break;
                }
            }
            return Ok(status.as_u16());
        }
        Err(format!("more than {MAX_REDIRECTS} redirects"))
    }
}

fn headers(request: &Request<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE.as_str(), "application/json");
    set(ACCEPT.as_str(), "application/json");
    set(ACCEPT_ENCODING.as_str(), "gzip;q=1.0,deflate;q=0.6,identity;q=0.3");
    set(USER_AGENT.as_str(), "Ruby");
    // Both came with 4.11.2. An empty secret signs nothing.
    if let Some(secret) = request.secret {
        set("x-chatwoot-delivery", request.delivery_id);
        if !secret.is_empty() {
            let timestamp = chrono::Utc::now().timestamp().to_string();
            set("x-chatwoot-signature", &signature(secret, &timestamp, &request.body));
            set("x-chatwoot-timestamp", &timestamp);
        }
    }
    headers
}

/// HMAC-SHA256 under the secret as it is written, over the timestamp, a full stop and the body.
fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new(); // HMAC takes keys of any length.
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
