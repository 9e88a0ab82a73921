//! The present state of what a refused request was about, for a caller who has an older one.

use domain::FreeForm;

use crate::etag::Tagged;

/// The present state of what a refused request was about.
#[derive(Debug)]
pub(crate) struct Current {
    /// Its entity tag.
    pub(crate) tag: String,
    /// The JSON that reading it would return.
    pub(crate) value: FreeForm,
}

impl Current {
    #[expect(clippy::unnecessary_box_returns, reason = "errors carry it boxed, to stay small")]
    pub(crate) fn of(thing: &(impl Tagged + serde::Serialize)) -> Box<Self> {
        // Plain data always serialises.
        Box::new(Self { tag: thing.tag(), value: FreeForm::of(thing).unwrap_or_default() })
    }

    /// What has become of it, if it has a status.
    pub(crate) fn status(&self) -> Option<String> {
        self.value.get("status")
    }
}
