//! Entity tags: which state of a thing a caller has seen.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use domain::{Approval, Conversation};

/// Something whose state has an entity tag.
pub(crate) trait Tagged {
    fn tag(&self) -> String;
}

impl Tagged for Conversation {
    fn tag(&self) -> String {
        tag(self.updated_at)
    }
}

/// The customer's messages change the tag too, since they may change what should be decided.
impl Tagged for Approval {
    fn tag(&self) -> String {
        let heard = self.last_heard_at.map_or(0, |at| at.timestamp_micros());
        format!("\"{:x}-{heard:x}\"", self.updated_at.timestamp_micros())
    }
}

/// The tag of a state that began at this time.
pub(crate) fn tag(updated_at: DateTime<Utc>) -> String {
    format!("\"{:x}\"", updated_at.timestamp_micros())
}

/// The states in which the caller wants the request carried out. `None` if any will do.
pub(crate) struct IfMatch(Option<String>);

impl IfMatch {
    /// Whether the caller named any state.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the request may be carried out in the state with this tag.
    pub(crate) fn admits(&self, tag: &str) -> bool {
        self.0.is_none() || self.names("*") || self.names(tag)
    }

    /// Whether the caller names this very tag; `*` does not.
    pub(crate) fn names(&self, tag: &str) -> bool {
        self.0.as_ref().is_some_and(|wanted| wanted.split(',').any(|one| one.trim() == tag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // A value that is not text is no tag of ours. Several headers make one list.
        let given = parts.headers.get_all(header::IF_MATCH).into_iter();
        let given: Vec<_> = given.map(|line| line.to_str().unwrap_or_default()).collect();
        Ok(Self((!given.is_empty()).then(|| given.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_tags_will_do() {
        let wanted = |text: &str| IfMatch(Some(text.to_owned()));
        assert!(IfMatch(None).admits("\"1\""));
        assert!(wanted("*").admits("\"1\""));
        assert!(wanted("\"2\", \"1\"").admits("\"1\""));
        assert!(!wanted("\"12\"").admits("\"1\""));
        assert!(!wanted("").admits("\"1\""));
    }
}
