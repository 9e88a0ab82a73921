//! Limits how many requests each caller may make, so that a machine that runs wild leaves room for
//! the others of its tenant.
//!
//! ```text
//! tell ─► handler's `May<…>`: who calls ─► admit ─┬─► handler
//!   └── RateLimit, RateLimit-Policy ◄── standing ◄┴─► 429, Retry-After
//! ```
//!
//! A caller is a person or a key of a tenant, a key of the installation, or a person who belongs to no
//! tenant. Each process counts on its own. A live stream is one connection for hours, and opening it
//! may read much of the past, so openings have an allowance of their own, and neither kind uses up the
//! other's. A caller who has not authenticated is refused before anything is counted.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::TenantId;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

use crate::auth::Caller;
use crate::error::ApiError;

/// Header that says what is left of the caller's allowance.
pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// Header that says what the caller's whole allowance is.
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Callers that are remembered at most. Beyond that, new ones are not counted.
const MOST_CALLERS: usize = 100_000;
/// How often to forget callers who have their whole allowance again.
const FORGET: Duration = Duration::from_mins(1);

/// Seconds over which an allowance comes back.
const WINDOW: u32 = 60;

/// A caller's tenant and signature.
type Counted = (Option<TenantId>, String);
type Counter =
    RateLimiter<Counted, DashMapStateStore<Counted>, DefaultClock, StateInformationMiddleware>;

/// How many requests of a kind each caller may make. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Limits(Option<Arc<Counting>>);

struct Counting {
    kind: &'static str,
    per_minute: NonZeroU32,
    counter: Counter,
    began: Instant,
    /// The second since `began` in which callers were last forgotten to make room.
    forgot: AtomicU64,
}

/// What is left of a caller's allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What is counted, as the headers name it.
    kind: &'static str,
    /// Requests allowed per minute.
    per_minute: u32,
    /// Requests that the caller may make at once.
    left: u32,
    /// Seconds until the whole allowance is back or, if nothing is left, until some of it is.
    seconds: u64,
}

impl Limits {
    const REQUESTS: &str = "requests";
    const STREAMS: &str = "streams";
    /// All kinds that are counted.
    pub(crate) const KINDS: [&str; 2] = [Self::REQUESTS, Self::STREAMS];

    /// Allows each caller this many ordinary requests per minute, all at once if it likes. 0 means no limit.
    pub(crate) fn of_requests(count: u32) -> Self {
        Self::per_minute(Self::REQUESTS, count)
    }

    /// Allows each caller to open this many live streams per minute, likewise.
    pub(crate) fn of_streams(count: u32) -> Self {
        Self::per_minute(Self::STREAMS, count)
    }

    fn per_minute(kind: &'static str, count: u32) -> Self {
        Self(NonZeroU32::new(count).map(|per_minute| {
            let counter = RateLimiter::dashmap(Quota::per_minute(per_minute))
                .with_middleware::<StateInformationMiddleware>();
            let forgot = AtomicU64::default();
            Arc::new(Counting { kind, per_minute, counter, began: Instant::now(), forgot })
        }))
    }

    /// Counts a request of this caller, and refuses it if nothing is left. The answer's headers say what is.
    pub(crate) fn admit<'a>(
        &self,
        parts: &Parts,
        caller: impl Into<Caller<'a>>,
    ) -> Result<(), ApiError> {
        let Some(counting) = &self.0 else { return Ok(()) };
        if counting.counter.len() >= MOST_CALLERS {
            counting.make_room();
            if counting.counter.len() >= MOST_CALLERS {
                metrics::counter!("axis_api_requests_uncounted_total").increment(1);
                return Ok(());
            }
        }
        let caller = caller.into();
        let (standing, admitted) = counting.count(&(caller.tenant().cloned(), caller.signature()));
        if let Some(told) = parts.extensions.get::<Told>() {
            // Set once: a request has one caller.
            let _ = told.0.set(standing);
        }
        if admitted {
            return Ok(());
        }
        metrics::counter!("axis_api_requests_limited_total", "kind" => standing.kind).increment(1);
        Err(ApiError::TooManyRequests { kind: standing.kind, seconds: standing.seconds })
    }

    /// Forgets callers who have their whole allowance again, until the shutdown.
    pub(crate) async fn forget(self, shutdown: CancellationToken) {
        let Some(counting) = self.0 else { return shutdown.cancelled().await };
        while shutdown.run_until_cancelled(tokio::time::sleep(FORGET)).await.is_some() {
            counting.counter.retain_recent();
            counting.counter.shrink_to_fit();
        }
    }
}

impl Counting {
    /// Forgets callers who have their whole allowance again. This looks at all of them, so it is
    /// done once a second at most, however many requests find no room.
    fn make_room(&self) {
        let second = self.began.elapsed().as_secs();
        if self.forgot.fetch_max(second, Ordering::Relaxed) < second {
            self.counter.retain_recent();
        }
    }

    fn count(&self, caller: &Counted) -> (Standing, bool) {
        let (kind, per_minute) = (self.kind, self.per_minute.get());
        match self.counter.check_key(caller) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let spent = u64::from(per_minute.saturating_sub(left));
                let seconds = (spent * u64::from(WINDOW)).div_ceil(u64::from(per_minute));
                (Standing { kind, per_minute, left, seconds }, true)
            }
            Err(refused) => {
                let wait = refused.wait_time_from(self.counter.clock().now());
                let seconds = wait.as_millis().div_ceil(1_000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::from(WINDOW));
                (Standing { kind, per_minute, left: 0, seconds }, false)
            }
        }
    }
}

/// What is left of the allowance of a request's caller, once the caller is known.
#[derive(Debug, Clone, Default)]
struct Told(Arc<OnceLock<Standing>>);

/// Says with every answer what is left of its caller's allowance.
pub(crate) async fn tell(mut request: Request, next: Next) -> Response {
    let told = Told::default();
    request.extensions_mut().insert(told.clone());
    let mut response = next.run(request).await;
    if let Some(standing) = told.0.get() {
        standing.write(response.headers_mut());
    }
    response
}

impl Standing {
    /// Writes the headers of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10).
    fn write(&self, headers: &mut HeaderMap) {
        let Self { kind, per_minute, left, seconds } = self;
        let policy = format!("\"{kind}\";q={per_minute};w={WINDOW}");
        let limit = format!("\"{kind}\";r={left};t={seconds}");
        for (name, value) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(id: &str) -> Counted {
        (Some("acme".parse().unwrap()), format!("member {id}"))
    }

    #[test]
    fn each_caller_has_an_allowance_of_their_own_and_hears_when_there_is_more() {
        let limits = Limits::of_requests(2);
        let counting = limits.0.as_ref().unwrap();
        let (first, admitted) = counting.count(&caller("ana"));
        assert!(admitted);
        assert_eq!(first, Standing { kind: "requests", per_minute: 2, left: 1, seconds: 30 });
        let (second, admitted) = counting.count(&caller("ana"));
        assert!(admitted);
        assert_eq!((second.left, second.seconds), (0, 60));
        let (third, admitted) = counting.count(&caller("ana"));
        assert!(!admitted);
        assert!((1..=30).contains(&third.seconds), "{third:?}");
        assert!(counting.count(&caller("ben")).1);
        let machine = (Some("acme".parse().unwrap()), "api_key ana".to_owned());
        assert!(counting.count(&machine).1, "a key is not the person of the same name");
    }

    #[test]
    fn the_headers_are_structured_fields() {
        let mut headers = HeaderMap::new();
        let standing = Standing { kind: "streams", per_minute: 600, left: 17, seconds: 59 };
        standing.write(&mut headers);
        assert_eq!(headers["ratelimit"], "\"streams\";r=17;t=59");
        assert_eq!(headers["ratelimit-policy"], "\"streams\";q=600;w=60");
    }

    #[test]
    fn no_number_is_no_limit() {
        assert!(Limits::of_requests(0).0.is_none() && Limits::of_streams(0).0.is_none());
    }
}
