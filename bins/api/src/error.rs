//! What can go wrong with a request, and what its caller is told.

mod current;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{DeliveryState, FreeForm, Permission};

use crate::problem::kinds::{self, Kind};
use crate::problem::{FieldError, Problem};

pub(crate) use current::Current;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The caller has not proved who they are.
    #[error("send a valid token as `Authorization: Bearer …`")]
    Unauthorized,
    /// The caller is known, and may not do this.
    #[error("this needs the permission `{0}`, which you do not have")]
    Forbidden(Permission),
    /// The caller is known, but belongs to no tenant or to several, or stands above the tenants.
    #[error(
        "you are signed in but belong to no tenant here, or to more than one; ask an administrator"
    )]
    NoTenant,
    /// In this mode everybody knows the tokens, and the request may come from anybody.
    #[error(
        "with AUTH_MODE=dev only requests from this machine are answered, made to localhost and through no \
         proxy or tunnel; set AUTH_MODE=oidc, or DEV_AUTH_ANYWHERE=true if anybody may be an administrator"
    )]
    ThisMachineOnly,
    /// The caller is a machine.
    #[error("only people can be linked to a Chatwoot user; sign in instead of using an API key")]
    PeopleOnly,
    /// It does not exist or belongs to another tenant; the caller is not told which.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What the address has in place of an id cannot be one, so it names nothing.
    #[error("that is not a valid id")]
    NotAnId,
    /// There is nothing at this address.
    #[error("there is nothing at this address; /api/v1/docs lists what there is")]
    NoRoute,
    /// The address has no such method.
    #[error("this address does not take this method; see the header Allow")]
    MethodNotAllowed,
    /// The address does not take this query string.
    #[error("{0}")]
    BadQuery(String),
    /// The body is not JSON.
    #[error("{0}")]
    BadJson(String),
    /// The body is declared as something other than JSON.
    #[error("send the body as `Content-Type: application/json`")]
    NotJson,
    /// The body is too large.
    #[error("the body is larger than this address takes")]
    TooLarge,
    /// The body would need far more memory than it has bytes.
    #[error("the body has more than {0} values, counting objects and lists")]
    TooManyValues(usize),
    /// A file is too large, or all of them together are.
    #[error("{0}")]
    FileTooLarge(String),
    /// The body is not a readable form.
    #[error("{0}")]
    BadForm(String),
    /// The body is neither JSON nor a form.
    #[error("send the body as `application/json`, or with files as `multipart/form-data`")]
    NeitherJsonNorForm,
    /// Fields hold values that they may not hold.
    #[error("{}", FieldError::in_words(.0))]
    Invalid(Vec<FieldError>),
    /// The client's own id was already used for another message.
    #[error("this clientId was already used for a different message; use a new one")]
    ClientIdTaken,
    /// The message was taken back.
    #[error("the message with this clientId was withdrawn and is not written again")]
    Withdrawn,
    /// The message has left, or may have.
    #[error(
        "the message is {}: only one that is queued or waits to be retried, and that has \
         certainly not left, can be taken back",
        name(*.0)
    )]
    NotCancellable(Option<DeliveryState>),
    /// The message neither failed on its way nor waits to be retried.
    #[error(
        "the message is {}: only one that failed on its way to Chatwoot, or waits to be retried, \
         can be sent again",
        name(*.0)
    )]
    NotRetriable(Option<DeliveryState>),
    /// The tenant has as many valid keys as it may.
    #[error("there are {0} valid keys already; revoke one that is not needed")]
    TooManyKeys(i64),
    /// The tenant has as many accounts as it may connect by itself.
    #[error(
        "{0} accounts are connected already; disconnect one that is not needed, or ask an operator for \
         more"
    )]
    TooManyAccounts(u32),
    /// The tenant's files of a day are as many bytes as they may be.
    #[error(
        "this workspace may send {0} MiB of files in 24 hours, and has; send this without files, or \
         later"
    )]
    TooManyBytes(i64),
    /// Chatwoot does not have the message yet.
    #[error(
        "the message is {}: only one that Chatwoot has can be deleted; one that has not left can be \
         cancelled",
        name(*.0)
    )]
    NotDeletable(Option<DeliveryState>),
    /// The thing is in another state than the one that the caller's `If-Match` names.
    #[error("it has changed since; `current` is its present state, and the header ETag its tag")]
    Changed(Box<Current>),
    /// The customer has written since approval was asked for.
    #[error(
        "the customer has written since approval was asked for; read the conversation, then send the tag of \
         `current` as If-Match"
    )]
    Stale(Box<Current>),
    /// Somebody has decided already.
    #[error("it has already been {}; see `current`", .0.status().as_deref().unwrap_or("decided"))]
    Decided(Box<Current>),
    /// Nobody may decide on their own request.
    #[error("you asked for it yourself; somebody else has to decide")]
    OwnApproval,
    /// Only the one who asked for approval may withdraw the request.
    #[error("somebody else asked for it; only they can withdraw it")]
    OthersApproval,
    /// The idempotency key was already used for another request.
    #[error("this Idempotency-Key was already used for a different request; use a new one")]
    KeyReused,
    /// A request with this key is being carried out.
    #[error("a request with this Idempotency-Key is being carried out; ask again in a moment")]
    UnderWay,
    /// This deployment gives the API no key to the accounts' secrets.
    #[error("this needs AXIS_SECRET_KEY, which the API does not have here; ask an operator")]
    NotSetUp,
    /// The accounts' secrets do not open with the API's key.
    #[error(
        "the API has another AXIS_SECRET_KEY than the one that the accounts are sealed under; an operator \
         has to give it the right one"
    )]
    AnotherKey(#[source] anyhow::Error),
    /// The account belongs, or belonged, to another tenant.
    #[error("this account belongs, or belonged, to another tenant; only that one can connect it")]
    AccountTaken,
    /// Somebody else is changing the account.
    #[error("the account is being changed by somebody else; try again in a moment")]
    AccountBusy,
    /// Another thing already has this name.
    #[error("this `{0}` is already taken; `current` has it")]
    Taken(&'static str, Box<FreeForm>),
    /// Chatwoot will refuse it however often it is asked.
    #[error("Chatwoot refuses it; an administrator has to look at the account's token")]
    Refused(#[source] anyhow::Error),
    /// Another system that the request needs does not do its part.
    #[error("{0} is not answering properly at the moment; try again")]
    NoAnswer(&'static str, #[source] anyhow::Error),
    /// It took too long.
    #[error("the request took too long; try again")]
    Timeout,
    /// As many live streams are open as this process serves, or as the tenant or the caller may have.
    #[error("too many live streams are open; try again in a moment")]
    TooManyStreams,
    /// The caller has used up its allowance.
    #[error("too many {kind}; try again in {seconds} s")]
    TooManyRequests {
        /// What the allowance is for.
        kind: &'static str,
        /// Seconds until some of the allowance is back.
        seconds: u64,
    },
    /// As many replays are under way as this process runs at a time, in all or for one tenant.
    #[error("other replays are under way; try again when they have ended")]
    TooManyReplays,
    /// The dead letter's stream will never take it.
    #[error("its stream will never take it again: it can only be dropped")]
    NotRedrivable,
    /// NATS is away or busy.
    #[error("the streams do not answer at the moment; try again")]
    NoBus(#[source] anyhow::Error),
    /// As many such requests are under way as this process takes.
    #[error("too many of these requests are running; try again in a moment")]
    Busy,
    /// The file ends before the part that was asked for. Holds the file's length, if it is known.
    #[error("the file ends before that part")]
    NoSuchPart(Option<u64>),
    /// The file is known but cannot be fetched.
    #[error("the file is not available")]
    NoFile(#[source] anyhow::Error),
    /// The object store is away.
    #[error("the place where files are kept does not answer at the moment; try again")]
    NoStorage(#[source] objects::Error),
    /// The OpenID provider is away, so its tokens cannot be checked.
    #[error("the provider of sign-ins does not answer at the moment; try again")]
    NoProvider(#[source] identity::FetchError),
    /// The database is away or busy.
    #[error("the database does not answer at the moment; try again")]
    Unavailable(#[source] store::Error),
    /// A fault of ours.
    #[error("something went wrong here; quote the trace id when you report it")]
    Internal(#[source] anyhow::Error),
}

impl ApiError {
    /// A fault of ours.
    pub(crate) fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }

    /// Another thing, which is `current`, already has the name in this field.
    pub(crate) fn taken(field: &'static str, current: &impl serde::Serialize) -> Self {
        match FreeForm::of(current) {
            Ok(current) => Self::Taken(field, Box::new(current)),
            Err(error) => Self::internal(error),
        }
    }

    /// One field holds what it may not.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// The challenge that tells a caller what they lack (RFC 6750).
    fn challenge(&self) -> Option<HeaderValue> {
        match self {
            Self::Unauthorized => Some(HeaderValue::from_static("Bearer")),
            Self::Forbidden(permission) => {
                let lacks = format!("Bearer error=\"insufficient_scope\", scope=\"{permission}\"");
                HeaderValue::from_str(&lacks).ok()
            }
            _ => None,
        }
    }

    /// Returns the kind of problem: the only place where a failure meets HTTP.
    fn kind(&self) -> &'static Kind {
        match self {
            Self::Unauthorized => &kinds::UNAUTHORIZED,
            Self::Forbidden(_) => &kinds::FORBIDDEN,
            Self::NoTenant => &kinds::NO_TENANT,
            Self::ThisMachineOnly => &kinds::THIS_MACHINE_ONLY,
            Self::PeopleOnly => &kinds::PEOPLE_ONLY,
            Self::NotFound(_) | Self::NotAnId => &kinds::NOT_FOUND,
            Self::NoRoute => &kinds::NO_ROUTE,
            Self::MethodNotAllowed => &kinds::METHOD_NOT_ALLOWED,
            Self::BadQuery(_) => &kinds::BAD_QUERY,
            Self::BadJson(_) => &kinds::BAD_JSON,
            Self::NotJson | Self::NeitherJsonNorForm => &kinds::NOT_JSON,
            Self::TooLarge | Self::TooManyValues(_) | Self::FileTooLarge(_) => &kinds::TOO_LARGE,
            Self::BadForm(_) => &kinds::BAD_MULTIPART,
            Self::Invalid(_) => &kinds::INVALID,
            Self::ClientIdTaken => &kinds::CLIENT_ID_TAKEN,
            Self::Withdrawn => &kinds::WITHDRAWN,
            Self::NotCancellable(_) => &kinds::NOT_CANCELLABLE,
            Self::NotRetriable(_) => &kinds::NOT_RETRIABLE,
            Self::TooManyKeys(_) => &kinds::TOO_MANY_KEYS,
            Self::TooManyAccounts(_) => &kinds::TOO_MANY_ACCOUNTS,
            Self::TooManyBytes(_) => &kinds::TOO_MANY_BYTES,
            Self::NotDeletable(_) => &kinds::NOT_DELETABLE,
            Self::Changed(_) => &kinds::CHANGED,
            Self::Stale(_) => &kinds::STALE,
            Self::Decided(_) => &kinds::DECIDED,
            Self::OwnApproval => &kinds::OWN_APPROVAL,
            Self::OthersApproval => &kinds::OTHERS_APPROVAL,
            Self::KeyReused => &kinds::KEY_REUSED,
            Self::UnderWay => &kinds::UNDER_WAY,
            Self::NotSetUp => &kinds::NOT_SET_UP,
            Self::AnotherKey(_) => &kinds::ANOTHER_KEY,
            Self::AccountTaken => &kinds::ACCOUNT_TAKEN,
            Self::AccountBusy => &kinds::ACCOUNT_BUSY,
            Self::Taken(..) => &kinds::TAKEN,
            Self::Refused(_) => &kinds::REFUSED,
            Self::NoAnswer(..) => &kinds::NO_ANSWER,
            Self::Timeout => &kinds::TIMEOUT,
            Self::TooManyStreams => &kinds::TOO_MANY_STREAMS,
            Self::TooManyRequests { .. } => &kinds::TOO_MANY_REQUESTS,
            Self::TooManyReplays => &kinds::TOO_MANY_REPLAYS,
            Self::NotRedrivable => &kinds::NOT_REDRIVABLE,
            Self::Busy => &kinds::BUSY,
            Self::NoSuchPart(_) => &kinds::NO_SUCH_PART,
            Self::NoFile(_) => &kinds::NO_FILE,
            Self::NoStorage(_) => &kinds::NO_STORAGE,
            Self::NoProvider(_) => &kinds::NO_PROVIDER,
            Self::Unavailable(_) | Self::NoBus(_) => &kinds::UNAVAILABLE,
            Self::Internal(_) => &kinds::INTERNAL,
        }
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        if error.is_transient() { Self::Unavailable(error) } else { Self::internal(error) }
    }
}

impl From<bus::BusError> for ApiError {
    fn from(error: bus::BusError) -> Self {
        if error.is_transient() { Self::NoBus(error.into()) } else { Self::internal(error) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let kind = self.kind();
        let status = kind.http_status();
        let detail = self.to_string();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        } else if let Self::TooManyRequests { seconds, .. } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let mut problem = Problem::describing(kind, detail);
        match self {
            Self::Invalid(errors) => problem.errors = errors,
            Self::Changed(current) | Self::Stale(current) | Self::Decided(current) => {
                if let Ok(tag) = HeaderValue::from_str(&current.tag) {
                    headers.insert(header::ETAG, tag);
                }
                problem.current = Some(current.value);
            }
            Self::Taken(_, current) => problem.current = Some(*current),
            Self::Unavailable(error) => log(status, &error.into()),
            Self::NoSuchPart(length) => {
                let length = length.map_or_else(|| "*".to_owned(), |length| length.to_string());
                if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            Self::NoStorage(error) => log(status, &error.into()),
            Self::NoProvider(error) => log(status, &error.into()),
            Self::NoFile(error)
            | Self::NoBus(error)
            | Self::NoAnswer(_, error)
            | Self::AnotherKey(error)
            | Self::Refused(error)
            | Self::Internal(error) => log(status, &error),
            _ => {}
        }
        // Only an outer layer, which writes the body, knows the request's trace.
        response.extensions_mut().insert(problem);
        response
    }
}

fn name(state: Option<DeliveryState>) -> &'static str {
    state.map_or("not one of ours", DeliveryState::as_str)
}

/// Logs why a request failed, once: its answer does not say.
fn log(status: StatusCode, cause: &anyhow::Error) {
    let error = format!("{cause:#}");
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(error, "a request failed by a fault of this program");
    } else {
        tracing::warn!(error, "a request could not be answered at the moment");
    }
}
