//! Request parameters as Rails sees them: loosely typed.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde_json::Value;

use super::refusal::Refusal;
use crate::model::{Json, Time};

/// The fields of a JSON body. An empty body has none.
#[derive(Debug, Default)]
pub(crate) struct Params(pub Json);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = Bytes::from_request(request, state).await.map_err(|_| Refusal::BadRequest)?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| Refusal::BadRequest)
    }
}

impl Params {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Returns the text unless it is empty.
    pub(crate) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn truth(&self, key: &str) -> bool {
        match self.get(key) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) => text == "true" || text == "1",
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        self.get(key).map(|_| self.truth(key))
    }

    /// Returns an object, also from a JSON text of one.
    pub(crate) fn object(&self, key: &str) -> Option<Json> {
        match self.get(key)? {
            Value::Object(object) => Some(object.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    pub(crate) fn list(&self, key: &str) -> Option<Vec<String>> {
        let Value::Array(list) = self.get(key)? else { return None };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(list.iter().map(text).collect())
    }

    /// Reads a time in seconds since 1970.
    pub(crate) fn time(&self, key: &str) -> Option<Time> {
        self.number(key).and_then(|seconds| Time::from_timestamp(seconds, 0))
    }
}

/// The query string, as pairs.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(name, value)| name == key && !value.is_empty());
        pair.map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(|text| text.parse().ok())
    }

    pub(crate) fn truth(&self, key: &str) -> bool {
        self.get(key).is_some_and(|text| text == "true" || text == "1")
    }

    /// Reads `key[]=a&key[]=b`.
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        let key = format!("{key}[]");
        self.0.iter().filter(|(name, _)| *name == key).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the number of the page. Pages count from 1.
    pub(crate) fn page(&self) -> usize {
        self.number("page").and_then(|page| usize::try_from(page).ok()).unwrap_or(1).max(1)
    }
}

/// Returns one page of a list.
pub(crate) fn page_of<T>(rows: Vec<T>, page: usize, size: usize) -> Vec<T> {
    rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect()
}
