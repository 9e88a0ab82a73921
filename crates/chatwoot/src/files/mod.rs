//! Files that came with messages. Chatwoot gives each an address on its own host. This answers with a redirect to where
//! the file is, valid for some minutes: the host itself, or a bucket elsewhere.
//!
//! ```text
//! address in a message ──► the account's Chatwoot ──► redirect ──► Chatwoot, a host that the operator
//!  (its path, no more)      (as configured)                        named, or a public address
//! ```
//!
//! A message may name any address, so only the account's Chatwoot is asked, and a redirect leads to no host that only
//! this machine can reach, whatever its name resolves to. A Chatwoot that a tenant named is not asked at such a host
//! either.

mod address;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, future};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, LOCATION, RANGE};
use reqwest::{Response, StatusCode, Url, redirect};

use crate::client::{ClientError, ReadError};
use crate::public::{Private, Public};

/// How many redirects are followed; Chatwoot makes one.
const MOST_REDIRECTS: usize = 3;
/// How long connecting may take, and how long nothing may arrive.
const CONNECT: Duration = Duration::from_secs(5);
const STALL: Duration = Duration::from_secs(20);
/// How long a whole file may take.
const LONGEST: Duration = Duration::from_mins(10);

/// A reader of files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    /// Asks hosts that the operator named.
    trusted: reqwest::Client,
    /// Asks public addresses only.
    guarded: reqwest::Client,
    hosts: Arc<[String]>,
    most_bytes: u64,
}

/// The Chatwoot that has a file.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// Scheme and host.
    pub url: &'a str,
    /// A tenant named it, so it and what it redirects to are asked at public addresses only.
    pub public_only: bool,
}

/// A file, or a part of it, that is arriving.
pub struct File {
    /// Which part it is, and the file's length if that is known; `None` if it is the whole file.
    pub part: Option<(Range<u64>, Option<u64>)>,
    /// How many bytes arrive.
    pub length: Option<u64>,
    /// Media type, as the storage says.
    pub content_type: Option<String>,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, ReadError>>,
}

/// Why a file cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The address is no longer valid, or the file is deleted; a new address tells which.
    #[error("the address is not valid (any more)")]
    Gone,
    /// It leads to a place that is not asked on a stranger's word.
    #[error("it is at an address that may not be called: {0}")]
    Elsewhere(&'static str),
    /// It is longer than what is fetched.
    #[error("it is too large")]
    TooLarge,
    /// It ends before the part that was asked for.
    #[error("it ends before that part")]
    NoSuchPart {
        /// Its length, if the storage says so.
        length: Option<u64>,
    },
    /// The storage gave another answer.
    #[error("its storage answered with status {0}")]
    Status(u16),
    /// The storage gave no answer.
    #[error("its storage does not answer")]
    Transport(#[source] reqwest::Error),
}

impl Files {
    /// Reads files of at most `most_bytes`. `hosts` are names, or names with ports, of storages that the operator
    /// trusts although they are in a private network.
    pub fn new(hosts: &[String], most_bytes: u64) -> Result<Self, ClientError> {
        let builder = || {
            crate::tls::http()
                .connect_timeout(CONNECT)
                .read_timeout(STALL)
                .timeout(LONGEST)
                .redirect(redirect::Policy::none())
                .user_agent(concat!("axis-afenda/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            trusted: builder().build().map_err(ClientError::Http)?,
            // A proxy would resolve names itself, and reach what it likes.
            guarded: builder()
                .no_proxy()
                .dns_resolver(Arc::new(Public))
                .build()
                .map_err(ClientError::Http)?,
            hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            most_bytes,
        })
    }

    /// Reads the file that a message of this Chatwoot says is at `address`, or the part of it that `range` (a `Range`
    /// header) selects.
    pub async fn fetch(
        &self,
        home: Home<'_>,
        address: &str,
        range: Option<&str>,
    ) -> Result<File, FileError> {
        let base = Url::parse(home.url).map_err(|_| FileError::Elsewhere("no address"))?;
        let trusted = (!home.public_only).then_some(&base);
        let mut url = address::begin(&base, address)?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.ask(trusted, &url, range).await?;
            if !answer.status().is_redirection() {
                return self.read(answer);
            }
            let next = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = next.and_then(|next| url.join(next).ok());
            url = next.ok_or(FileError::Elsewhere("a redirect to nowhere"))?;
        }
        Err(FileError::Elsewhere("too many redirects"))
    }

    /// Asks for a file. `trusted` is the Chatwoot, if the operator configured it; `None` if a tenant did.
    async fn ask(
        &self,
        trusted: Option<&Url>,
        url: &Url,
        range: Option<&str>,
    ) -> Result<Response, FileError> {
        let client = if trusted.is_some_and(|base| self.trusts(base, url)) {
            &self.trusted
        } else {
            address::check(url)?;
            &self.guarded
        };
        let mut request = client.get(url.clone());
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        request.send().await.map_err(|error| {
            if Private::caused(&error) {
                return FileError::Elsewhere("its name is that of a private address");
            }
            // Without the address, which opens the file to whoever reads a log.
            FileError::Transport(error.without_url())
        })
    }

    fn trusts(&self, base: &Url, url: &Url) -> bool {
        if !matches!(url.scheme(), "http" | "https") {
            return false;
        }
        let Some(host) = url.host_str() else { return false };
        let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        url.origin() == base.origin()
            || self.hosts.iter().any(|known| *known == host || *known == with_port)
    }

    fn read(&self, answer: Response) -> Result<File, FileError> {
        let headers = answer.headers();
        let part = match answer.status() {
            StatusCode::OK => None,
            StatusCode::PARTIAL_CONTENT => Some(part(headers).ok_or(FileError::Status(206))?),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let length = text(headers, CONTENT_RANGE).and_then(|text| {
                    text.rsplit_once('/').and_then(|(_, length)| length.trim().parse().ok())
                });
                return Err(FileError::NoSuchPart { length });
            }
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::GONE => return Err(FileError::Gone),
            status => return Err(FileError::Status(status.as_u16())),
        };
        let length = text(headers, CONTENT_LENGTH).and_then(|text| text.parse().ok());
        let whole = part.as_ref().and_then(|(_, whole)| *whole).or(length);
        if whole.is_some_and(|whole| whole > self.most_bytes) {
            return Err(FileError::TooLarge);
        }
        let content_type = text(headers, CONTENT_TYPE).map(str::to_owned);
        let mut left = self.most_bytes;
        let bytes = answer.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(|error| ReadError::from(error.without_url()))?;
            let more = left.checked_sub(chunk.len() as u64);
            left = more.ok_or_else(|| ReadError::from(FileError::TooLarge))?;
            Ok(chunk)
        });
        // The stream ends with its first failure.
        let bytes = bytes.scan(false, |ended, chunk: Result<Bytes, ReadError>| {
            let next = (!*ended).then_some(chunk);
            *ended = next.as_ref().is_none_or(Result::is_err);
            future::ready(next)
        });
        Ok(File { part, length, content_type, bytes: bytes.boxed() })
    }
}

fn text(headers: &HeaderMap, name: reqwest::header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `bytes 2-4/10`, or `bytes 2-4/*`.
fn part(headers: &HeaderMap) -> Option<(Range<u64>, Option<u64>)> {
    let (range, whole) = text(headers, CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| (first..last.saturating_add(1), whole.parse().ok()))
}
