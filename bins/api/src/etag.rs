//! Entity tags: which state of a thing a caller has seen.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use domain::{Approval, Conversation};

/// Something whose state has a tag.
pub(crate) trait Tagged {
    fn tag(&self) -> String;
}

impl Tagged for Conversation {
    fn tag(&self) -> String {
        tag(self.updated_at)
    }
}

/// What the customer has written since counts too: it may change what should be decided.
impl Tagged for Approval {
    fn tag(&self) -> String {
        let heard = self.last_heard_at.map_or(0, |at| at.timestamp_micros());
        format!("\"{:x}-{heard:x}\"", self.updated_at.timestamp_micros())
    }
}

/// The tag of what last changed then.
pub(crate) fn tag(updated_at: DateTime<Utc>) -> String {
    format!("\"{:x}\"", updated_at.timestamp_micros())
}

/// The states in which the caller wants the request to be carried out; none: in any.
pub(crate) struct IfMatch(Option<String>);

impl IfMatch {
    /// Whether the caller named any state.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the state with this tag is among them.
    pub(crate) fn admits(&self, tag: &str) -> bool {
        self.0.is_none() || self.names("*") || self.names(tag)
    }

    /// Whether the caller knows the state with this tag: by its name, not by any.
    pub(crate) fn names(&self, tag: &str) -> bool {
        self.0.as_ref().is_some_and(|wanted| wanted.split(',').any(|one| one.trim() == tag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // What is no text is no tag of ours; several lines are one list.
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
