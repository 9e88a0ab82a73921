//! Refusals, in the forms of the original.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::model::Denied;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body cannot be read.
    BadRequest,
    /// No token, or one that nobody has.
    InvalidToken,
    /// The token belongs to another account.
    WrongAccount,
    /// The role does not allow it.
    NotAuthorized,
    NotForBots,
    Forbidden(&'static str),
    NotFound,
    /// A record did not validate.
    Invalid(String, Vec<&'static str>),
    Unprocessable(String),
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Self::NotFound,
            Denied::Invalid(sentence, attributes) => Self::Invalid(sentence, attributes),
            Denied::Failed(sentence) => Self::Unprocessable(sentence),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::BadRequest => {
                let body = json!({ "status": 400, "error": "Bad Request" });
                return (StatusCode::BAD_REQUEST, Json(body)).into_response();
            }
            Self::Invalid(message, attributes) => {
                let body = json!({ "message": message, "attributes": attributes });
                return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
            }
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "Invalid Access Token".to_owned()),
            Self::WrongAccount => {
                let sentence = "You are not authorized to access this account";
                (StatusCode::UNAUTHORIZED, sentence.to_owned())
            }
            Self::NotAuthorized => {
                let sentence = "You are not authorized to do this action";
                (StatusCode::UNAUTHORIZED, sentence.to_owned())
            }
            Self::NotForBots => {
                let sentence = "Access to this endpoint is not authorized for bots";
                (StatusCode::UNAUTHORIZED, sentence.to_owned())
            }
            Self::Forbidden(sentence) => (StatusCode::FORBIDDEN, sentence.to_owned()),
            Self::NotFound => (StatusCode::NOT_FOUND, "Resource could not be found".to_owned()),
            Self::Unprocessable(sentence) => (StatusCode::UNPROCESSABLE_ENTITY, sentence),
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}
