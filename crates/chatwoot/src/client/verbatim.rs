//! Answers with Chatwoot's own words.

use serde_json::Value;

use super::Held;

/// What an answer says, and the words in which Chatwoot said it: for whoever hands them on to be read
/// elsewhere.
#[derive(Clone, PartialEq)]
pub struct Verbatim<T> {
    /// What was read.
    pub value: T,
    /// From what.
    pub text: Value,
    /// What the whole answer takes, for as long as anything of it is in hand.
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

/// Leaves the words out: what nobody reads may hold tokens.
impl<T: std::fmt::Debug> std::fmt::Debug for Verbatim<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Verbatim").field(&self.value).finish()
    }
}
