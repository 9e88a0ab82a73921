//! What a refusal is about, for whoever has not seen it.

use crate::etag::Tagged;

/// What a refused request was about, as it is now.
#[derive(Debug)]
pub(crate) struct Current {
    /// Its tag.
    pub(crate) tag: String,
    /// As it is read.
    pub(crate) value: serde_json::Value,
}

impl Current {
    #[expect(clippy::unnecessary_box_returns, reason = "errors carry it boxed, to stay small")]
    pub(crate) fn of(thing: &(impl Tagged + serde::Serialize)) -> Box<Self> {
        // Text and numbers always serialise.
        Box::new(Self { tag: thing.tag(), value: serde_json::to_value(thing).unwrap_or_default() })
    }
}
