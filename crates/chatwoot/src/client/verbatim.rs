//! Answers together with the JSON they were read from.

use serde_json::Value;

use super::Held;

/// A value and the JSON it was read from, for handing that on to be read elsewhere.
#[derive(Clone, PartialEq)]
pub struct Verbatim<T> {
    /// The value.
    pub value: T,
    /// The JSON.
    pub text: Value,
    /// Keeps the whole answer counted, for as long as anything of it is in hand.
    pub held: Held,
}

impl<T> Verbatim<T> {
    pub(super) fn read(
        text: Value,
        held: &Held,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<Self> {
        let value = read(&text)?;
        Some(Self { value, text, held: held.clone() })
    }
}

/// Leaves out the JSON, whose unread fields may hold tokens.
impl<T: std::fmt::Debug> std::fmt::Debug for Verbatim<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Verbatim").field(&self.value).finish()
    }
}
