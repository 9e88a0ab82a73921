//! All kinds of problems, listed at `/problems`: what each means, and what to do about it.

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ApiError;

/// A kind of problem.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kind {
    /// Its stable name, the last part of its address.
    pub(crate) code: &'static str,
    /// The HTTP status that it comes with.
    pub(crate) status: u16,
    /// What it is.
    pub(crate) title: &'static str,
    /// What to do about it.
    pub(crate) advice: &'static str,
}

/// One table of all kinds. It makes a constant of each, for errors to name, and the catalogue. The
/// catalogue does not use the constants, so that the compiler reports an entry that no error names.
macro_rules! kinds {
    ($($name:ident: $status:literal $code:literal $title:literal $advice:literal;)+) => {
        $(pub(crate) const $name: Kind =
            Kind { code: $code, status: $status, title: $title, advice: $advice };)+

        pub(crate) const KINDS: &[Kind] = &[
            $(Kind { code: $code, status: $status, title: $title, advice: $advice },)+
        ];
    };
}

kinds! {
    BAD_QUERY: 400 "bad-query" "Unreadable query string" "Correct the query string as the API description says; the same one will be refused again.";
    BAD_JSON: 400 "bad-json" "Unreadable body" "Send valid JSON; the same body will be refused again.";
    BAD_MULTIPART: 400 "bad-multipart" "Unreadable form" "Send the form as RFC 7578 says; the same body will be refused again.";
    UNAUTHORIZED: 401 "unauthorized" "Not signed in" "Sign in, or get a new token, and send it as `Authorization: Bearer …`.";
    FORBIDDEN: 403 "forbidden" "Not permitted" "Ask an administrator for the permission that `detail` names.";
    NO_TENANT: 403 "no-tenant" "No tenant" "Ask an operator to say which tenant your provider's claims mean (`axis tenants claims`); a key of the installation opens no tenant.";
    PEOPLE_ONLY: 403 "people-only" "For people only" "Sign in as a person instead of with a key.";
    THIS_MACHINE_ONLY: 403 "this-machine-only" "For this machine only" "Call the API on its own machine, as localhost, or have its operator set AUTH_MODE=oidc.";
    OWN_APPROVAL: 403 "own-approval" "Your own request" "Let somebody else decide.";
    OTHERS_APPROVAL: 403 "others-approval" "Somebody else's request" "Only the one who asked for approval can withdraw the request.";
    NOT_FOUND: 404 "not-found" "Not found" "Check the id; what belongs to another tenant is not found either.";
    NO_ROUTE: 404 "no-route" "No such address" "See the reference at /api/v1/docs.";
    METHOD_NOT_ALLOWED: 405 "method-not-allowed" "Method not allowed" "Use a method that the header Allow names.";
    CLIENT_ID_TAKEN: 409 "client-id-taken" "Client id taken" "Use a new clientId for another message.";
    WITHDRAWN: 409 "withdrawn" "Taken back" "Nothing to do: the message was taken back. To write it after all, use a new clientId.";
    NOT_CANCELLABLE: 409 "not-cancellable" "Too late to take back" "Read the message: it has left, or may have.";
    NOT_RETRIABLE: 409 "not-retriable" "Nothing to send again" "Read the message: it did not fail.";
    NOT_DELETABLE: 409 "not-deletable" "Not in Chatwoot yet" "Cancel the message, or wait until it is sent.";
    TOO_MANY_KEYS: 409 "too-many-keys" "Too many keys" "Revoke a key that is not needed.";
    TOO_MANY_ACCOUNTS: 409 "too-many-accounts" "Too many accounts" "Disconnect an account that is not needed, or have an operator connect it with `axis accounts add`.";
    TOO_MANY_BYTES: 409 "too-many-bytes" "Too many bytes of files" "Send it without files, or later.";
    DECIDED: 409 "decided" "Decided already" "Read `current`: somebody was faster.";
    STALE: 409 "stale" "The customer has written since" "Read the conversation, then send the tag of `current` as If-Match.";
    UNDER_WAY: 409 "under-way" "Already being carried out" "Ask again in a moment, under the same Idempotency-Key.";
    NOT_REDRIVABLE: 409 "not-redrivable" "Cannot be sent again" "Drop the dead letter: its stream will never take it.";
    ANOTHER_KEY: 409 "another-key" "Another secret key" "Have an operator give the API the AXIS_SECRET_KEY that the accounts are sealed under; if it is lost, they add the accounts again with `axis`.";
    ACCOUNT_TAKEN: 409 "account-taken" "Another tenant's account" "Connect it as the tenant that it was first connected for: what came from it stays that tenant's, connected or not.";
    ACCOUNT_BUSY: 409 "account-busy" "Account being changed" "Ask again in a moment.";
    TAKEN: 409 "taken" "The name is taken" "Choose another name, or use `current`.";
    CHANGED: 412 "changed" "Changed in the meantime" "Look at `current`; if the change is still wanted, send its tag as If-Match.";
    TOO_LARGE: 413 "too-large" "Too large" "Send less: `detail` says how much is taken, or the API description does.";
    NOT_JSON: 415 "not-json" "Neither JSON nor a form" "Send the body as `Content-Type: application/json`, or as a form where the description says so.";
    NO_SUCH_PART: 416 "no-such-part" "No such part" "Ask for a part of the file that the header Content-Range allows.";
    INVALID: 422 "invalid" "Invalid fields" "Correct the fields that `errors` names.";
    KEY_REUSED: 422 "key-reused" "Idempotency key reused" "Use a new Idempotency-Key for another request.";
    TOO_MANY_REQUESTS: 429 "too-many-requests" "Too many requests" "Come back after the seconds in the header Retry-After.";
    INTERNAL: 500 "internal" "Internal error" "Report it with the `traceId`; the request may be sent again.";
    NOT_SET_UP: 501 "not-set-up" "Not set up" "Administer accounts with `axis`, or have an operator give the API AXIS_SECRET_KEY.";
    NO_FILE: 502 "no-file" "The file is not available" "Try again later; if it stays so, the file is gone from where it was stored.";
    REFUSED: 502 "refused" "Refused by Chatwoot" "Have an administrator look at the account's token.";
    TIMEOUT: 503 "timeout" "Too slow" "Send it again, under the same Idempotency-Key.";
    TOO_MANY_STREAMS: 503 "too-many-streams" "Too many live streams" "Come back after Retry-After.";
    TOO_MANY_REPLAYS: 503 "too-many-replays" "Too many replays" "Wait until one that is under way has ended.";
    BUSY: 503 "busy" "Busy" "Send it again after Retry-After.";
    NO_STORAGE: 503 "no-storage" "Files cannot be stored or read" "Send it again after Retry-After.";
    NO_PROVIDER: 503 "no-provider" "Nobody can sign in at the moment" "Come back after Retry-After.";
    NO_ANSWER: 503 "no-answer" "No answer at the moment" "Send it again after Retry-After.";
    UNAVAILABLE: 503 "unavailable" "Not available at the moment" "Send it again after Retry-After.";
}

impl Kind {
    pub(crate) fn http_status(&self) -> StatusCode {
        // A test checks that the table holds valid statuses only.
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// An example of a problem of this kind.
    pub(crate) fn example(&self) -> Value {
        let mut example = json!({
            "type": format!("/problems/{}", self.code),
            "title": self.title,
            "status": self.status,
            "detail": self.advice,
            "code": self.code,
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        });
        if self.code == "invalid" {
            example["errors"] = json!([{ "field": "content", "message": "must not be blank" }]);
        }
        example
    }
}

/// `/problems`, for whoever follows the `type` of a problem.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/problems", get(async || Json(json!({ "data": KINDS }))))
        .route("/problems/{code}", get(one))
}

async fn one(Path(code): Path<String>) -> Result<Json<Kind>, ApiError> {
    let kind = KINDS.iter().find(|kind| kind.code == code);
    kind.copied().map(Json).ok_or(ApiError::NotFound("kind of problem"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_and_a_code_of_its_own() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert_eq!(kind.http_status().as_u16(), kind.status, "{}", kind.code);
            assert!(KINDS[..i].iter().all(|other| other.code != kind.code), "{}", kind.code);
        }
    }
}
