//! Collects all that is wrong with a request's fields, so that its caller is told everything at once.

use std::ops::RangeInclusive;

use super::FieldError;
use crate::error::ApiError;

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes what is wrong with a text that must have this many characters. If it needs at least
    /// one, it must not be blank either.
    pub(crate) fn text(&mut self, field: &str, text: &str, bounds: RangeInclusive<usize>) {
        // Text in Postgres cannot hold NUL.
        if text.contains('\0') {
            self.note(field, "must not contain NUL characters");
        } else if *bounds.start() > 0 && text.trim().is_empty() {
            self.note(field, "must not be blank");
        } else {
            let longest = bounds.end();
            let message = format!("must have at most {longest} characters");
            self.check(field, text.chars().count() <= *longest, message);
        }
    }

    /// Notes this fault unless the field fits.
    pub(crate) fn check(&mut self, field: &str, fits: bool, message: impl Into<String>) {
        if !fits {
            self.note(field, message);
        }
    }

    /// Notes what is wrong with a client's own object, given as JSON, that counts as this many
    /// bytes. Returns whether nothing is.
    pub(crate) fn json(&mut self, field: &str, json: &str, bytes: usize, most: usize) -> bool {
        let before = self.0.len();
        if bytes > most {
            self.note(field, format!("must have at most {most} bytes"));
        } else if json.contains("\\u0000") {
            self.note(field, "must not contain NUL characters");
        }
        self.0.len() == before
    }

    /// Notes a fault of a field.
    pub(crate) fn note(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// Notes the faults of an object within the request.
    pub(crate) fn within(&mut self, object: &str, faults: Vec<FieldError>) {
        for FieldError { field, message } in faults {
            self.note(&format!("{object}.{field}"), message);
        }
    }

    /// Refuses a request in which only this text can be wrong.
    pub(crate) fn only_text(
        field: &str,
        text: &str,
        bounds: RangeInclusive<usize>,
    ) -> Result<(), ApiError> {
        let mut faults = Self::default();
        faults.text(field, text, bounds);
        faults.done()
    }

    /// Refuses the request if anything is wrong.
    pub(crate) fn done(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_refused_for_what_is_wrong_with_it() {
        for (text, bounds, message) in [
            ("", 1..=3, Some("must not be blank")),
            (" ", 1..=3, Some("must not be blank")),
            ("", 0..=3, None),
            ("äöü", 1..=3, None),
            ("äöüß", 1..=3, Some("must have at most 3 characters")),
            ("a\0", 0..=3, Some("must not contain NUL characters")),
            ("\0\0\0\0", 1..=3, Some("must not contain NUL characters")),
        ] {
            let told = Faults::only_text("name", text, bounds).err().map(|error| error.to_string());
            assert_eq!(told, message.map(|message| format!("name {message}")), "{text:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut faults = Faults::default();
        faults.check("to", false, "must be after from");
        faults.check("from", true, "must be in the past");
        faults.within(
            "metadata",
            vec![FieldError { field: "content".into(), message: "is missing".into() }],
        );
        let told = faults.done().unwrap_err().to_string();
        assert_eq!(told, "to must be after from; metadata.content is missing");
    }
}
