//! The application API: the part of Chatwoot's REST interface that reads and changes an account.
//!
//! ```text
//! Client ── messages       create (with marker), list, delete
//!        ── conversations  read, list, status, priority, assignment, labels, attributes, typing
//!        ── catalogue      agents, teams, inboxes, labels, canned responses, profile
//!        ── webhooks       list, register, change, remove
//! ```
//!
//! Every call is tried once; [`CallError::outcome`] says whether to give up, retry or look first.
//! Everything but creating a message and typing sends the full wanted state and may be repeated.

pub mod catalogue;
mod conversations;
mod dense;
mod error;
mod in_hand;
mod messages;
mod pages;
mod public;
mod ranges;
mod verbatim;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::public::{Public, has_credentials};

pub use self::conversations::{Assign, ConversationPage, ConversationQuery, Snooze};
pub use self::error::{CallError, Cause, Outcome, Refusal};
pub use self::in_hand::{Held, InHand, Room};
pub use self::messages::{MessagePage, NewMessage, ReadError, Upload};
pub use self::pages::{Pages, Place};
pub use self::ranges::MessageRange;
pub use self::verbatim::Verbatim;
pub use self::webhooks::{RegisteredWebhook, SUBSCRIPTIONS, WebhookSettings};

/// The header with the token. Chatwoot's documentation writes it with underscores, which nginx drops; Rails reads both
/// as the same. Sending both is no remedy: older Pumas join them into one value.
const TOKEN_HEADER: &str = "api-access-token";

/// For every value in an answer, `max_answer` must have this many bytes.
const BYTES_A_VALUE: usize = 32;
/// About how many bytes a value takes in memory, besides its text.
const A_VALUE: usize = 256;
/// The most entries of a list. Each takes far more memory than the few bytes that it can be written in.
const MOST_ENTRIES: usize = 5_000;

/// Limits of a client; the defaults suit production.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time from the start of a call to the end of its answer.
    pub timeout: Duration,
    /// As `timeout`, for a message with files.
    pub upload_timeout: Duration,
    /// The largest answer, in bytes; it may have one value for each 32 of them.
    pub max_answer: usize,
    /// Whether a stranger named the address: then it must be https, and lead to public addresses only.
    pub public_only: bool,
    /// Counts what clients with these options have in hand together.
    pub in_hand: InHand,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(15),
            upload_timeout: Duration::from_mins(1),
            max_answer: 16 << 20,
            public_only: false,
            in_hand: InHand::default(),
        }
    }
}

/// Why a client can't be made; a mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not an absolute http or https URL.
    #[error("the address of Chatwoot must be a URL such as https://chat.example.com")]
    Address,
    /// The address is not one that a stranger may have us call.
    #[error("the address must begin with https:// and lead to a public address")]
    Private,
    /// The token has characters that no header can carry.
    #[error("the access token must be printable ASCII without spaces or line ends")]
    Token,
    /// TLS can't be set up here.
    #[error("the HTTP client cannot be set up: check the system's certificates")]
    Http(#[source] reqwest::Error),
}

/// A client of one account's API. Clones, and clients made from one another, share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// `https://host/api/v1/`.
    base: Arc<Url>,
    account_id: i64,
    token: HeaderValue,
    upload_timeout: Duration,
    max_answer: usize,
    public_only: bool,
    in_hand: InHand,
    /// Whose answers they count as.
    owner: Arc<str>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.base.host_str())
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of one account. `base_url` is the installation's address, with or without
    /// `/api/v1`.
    pub fn new(
        base_url: &str,
        account_id: i64,
        token: &SecretString,
        options: &Options,
    ) -> Result<Self, ClientError> {
        let base = permitted(base_url, options.public_only)?;
        let mut http = crate::tls::http();
        if options.public_only {
            http = http.dns_resolver(Arc::new(Public)).no_proxy();
        }
        let http = http
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            // Puma closes idle connections after 20 s; a request on one that is just closing would
            // have an unknown outcome.
            .pool_idle_timeout(Duration::from_secs(10))
            .redirect(redirect::Policy::none())
            .user_agent(concat!("axis-afenda/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError::Http)?;
        Ok(Self {
            http,
            base: Arc::new(base),
            account_id,
            token: header(token)?,
            upload_timeout: options.upload_timeout,
            max_answer: options.max_answer,
            public_only: options.public_only,
            in_hand: options.in_hand.clone(),
            owner: Arc::default(),
        })
    }

    /// Counts the client's answers as this owner's.
    #[must_use]
    pub fn owned_by(self, owner: &str) -> Self {
        Self { owner: Arc::from(owner), ..self }
    }

    /// A client of another account, over the same connections.
    pub fn for_account(
        &self,
        base_url: &str,
        account_id: i64,
        token: &SecretString,
    ) -> Result<Self, ClientError> {
        let base = Arc::new(permitted(base_url, self.public_only)?);
        Ok(Self { base, account_id, token: header(token)?, ..self.clone() })
    }

    /// The number of the account that it calls.
    pub fn account_id(&self) -> i64 {
        self.account_id
    }

    /// The installation's address without `/api/v1`, in normal form.
    pub fn installation(&self) -> &str {
        let base = self.base.as_str();
        base.strip_suffix("/api/v1/").unwrap_or(base)
    }

    /// Host and port: what rate limits are counted by.
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// A request to a path below the account.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_top(method, &format!("accounts/{}/{path}", self.account_id))
    }

    /// A request to a path below `/api/v1`.
    fn request_top(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header(TOKEN_HEADER, self.token.clone())
            // Otherwise Rails answers in HTML for a route that it does not have.
            .header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    /// Sends a request and reads the answer as JSON.
    async fn json(&self, request: RequestBuilder) -> Result<Value, CallError> {
        self.counted(request).await.map(|(answer, _)| answer)
    }

    /// Sends a request and reads the answer as JSON, counted as being in hand.
    async fn counted(&self, request: RequestBuilder) -> Result<(Value, Held), CallError> {
        let response = self.send(request).await?;
        let mut room = self.in_hand.room(&self.owner);
        let body = read(response, self.max_answer, Some(&mut room)).await?;
        // In memory a value takes up to a hundred times the two bytes that it can be written in.
        let values = crate::json::all_values(&body);
        if values > self.max_answer / BYTES_A_VALUE {
            return Err(CallError::Unknown(Cause::TooLarge(self.max_answer)));
        }
        if !room.grow(values * A_VALUE) {
            return Err(CallError::Unknown(Cause::NoRoom));
        }
        let answer = crate::json::parse(&body, |value| value.into())
            .map_err(|_| CallError::Unknown(Cause::Unreadable))?;
        if dense::holds_too_dense(&answer) {
            return Err(CallError::Unknown(Cause::TooLarge(self.max_answer)));
        }
        Ok((answer, room.hold()))
    }

    /// Sends a request whose answer does not matter.
    async fn done(&self, request: RequestBuilder) -> Result<(), CallError> {
        self.done_saying::<IgnoredAny>(request).await.map(drop)
    }

    /// Sends a request whose answer may say something more, of which only the fields of `T` are read. Chatwoot answers with
    /// JSON or with nothing; anything else with a success is a page of something before it, which may have kept the request
    /// back. A body that breaks off does not count against the success.
    async fn done_saying<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Option<T>, CallError> {
        let response = self.send(request).await?;
        // The connection can be used again once the answer is read to its end.
        let mut room = self.in_hand.room(&self.owner);
        let Ok(body) = read(response, self.max_answer, Some(&mut room)).await else {
            return Ok(None);
        };
        if body.trim_ascii().is_empty() {
            return Ok(None);
        }
        let body = crate::json::repaired(&body);
        serde_json::from_slice::<IgnoredAny>(&body)
            .map_err(|_| CallError::Unknown(Cause::Unreadable))?;
        Ok(serde_json::from_slice(&body).ok())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CallError> {
        const MAX_REFUSAL: usize = 64 << 10;
        let response = request.send().await.map_err(CallError::from_transport)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        // The status alone says most; a refusal without a readable body is still that refusal.
        let body = read(response, MAX_REFUSAL, None).await.ok();
        let retry_after = retry_after.as_ref().and_then(|value| value.to_str().ok());
        Err(CallError::from_answer(status, retry_after, body.as_deref()))
    }
}

/// Reads a body of at most `limit` bytes, if there is room for it.
async fn read(
    mut response: Response,
    limit: usize,
    mut room: Option<&mut Room>,
) -> Result<Bytes, CallError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::from_transport)? {
        if body.len() + chunk.len() > limit {
            return Err(CallError::Unknown(Cause::TooLarge(limit)));
        }
        if room.as_deref_mut().is_some_and(|room| !room.grow(chunk.len())) {
            return Err(CallError::Unknown(Cause::NoRoom));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads a list, bare or under one of the given paths, without the entries that can't be read. Returns `None` if there
/// is no list, or it is too long.
fn entries<T>(
    mut value: Value,
    paths: &[&str],
    read: impl Fn(Value) -> Option<T>,
) -> Option<Vec<T>> {
    let path = paths.iter().find(|path| value.pointer(path).is_some_and(Value::is_array))?;
    match value.pointer_mut(path)?.take() {
        Value::Array(items) if items.len() <= MOST_ENTRIES => {
            Some(items.into_iter().filter_map(read).collect())
        }
        _ => None,
    }
}

/// Requires what an answer must contain.
fn expected<T>(read: Option<T>) -> Result<T, CallError> {
    read.ok_or(CallError::Unknown(Cause::Unreadable))
}

/// The base URL of the API, unless a stranger named the address and it is not public.
fn permitted(base_url: &str, public_only: bool) -> Result<Url, ClientError> {
    let base = base(base_url)?;
    if public_only {
        public::check(&base)?;
    }
    Ok(base)
}

fn base(text: &str) -> Result<Url, ClientError> {
    let mut url = Url::parse(text.trim()).map_err(|_| ClientError::Address)?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        // People are shown the address.
        && !has_credentials(&url)
        && url.query().is_none()
        && url.fragment().is_none();
    if !fits {
        return Err(ClientError::Address);
    }
    let path = url.path().trim_end_matches('/');
    let path = format!("{}/api/v1/", path.strip_suffix("/api/v1").unwrap_or(path));
    url.set_path(&path);
    Ok(url)
}

fn header(token: &SecretString) -> Result<HeaderValue, ClientError> {
    let token = token.expose_secret().trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::Token);
    }
    let mut value = HeaderValue::from_str(token).map_err(|_| ClientError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_may_be_written_in_several_ways() {
        for text in [
            "https://chat.example.com",
            "https://chat.example.com/",
            " https://chat.example.com/api/v1/ ",
            "HTTPS://Chat.Example.com:443",
        ] {
            assert_eq!(base(text).unwrap().as_str(), "https://chat.example.com/api/v1/");
            let client = Client::new(text, 1, &"token".into(), &Options::default()).unwrap();
            assert_eq!(client.installation(), "https://chat.example.com");
        }
        assert_eq!(
            base("http://10.0.0.1:3000/chat").unwrap().as_str(),
            "http://10.0.0.1:3000/chat/api/v1/"
        );
        for text in ["", "chat.example.com", "ftp://x", "https://", "https://x?y=1", "https://x#y"]
        {
            assert!(base(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let token = SecretString::from("FICTIONALtoken");
        let client = Client::new("https://chat.example.com", 1, &token, &Options::default());
        let client = client.unwrap();
        assert!(!format!("{client:?}").contains("FICTIONAL"));
        assert!(!format!("{:?}", client.request(Method::GET, "labels")).contains("FICTIONAL"));
        assert_eq!(client.host(), "chat.example.com:443");
        for bad in ["", "a b", "a\nb", "ä"] {
            let other = client.for_account("https://chat.example.com", 2, &SecretString::from(bad));
            assert!(other.is_err(), "{bad:?}");
        }
    }
}
