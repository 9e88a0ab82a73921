//! What an event says has changed.

use serde::Serialize;
use serde_json::Value;

use crate::json::micros;

/// One attribute's change, in the forms of the database column: enumerations as names, times in
/// ISO form, ids as integers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Column name (`status`, `assignee_id`, `label_list`, `updated_at`, …).
    pub attribute: String,
    /// Before.
    pub previous: Value,
    /// After.
    pub current: Value,
}

/// The changes of an event; also empty if Chatwoot recorded none, which happens. They are from the moment of the event,
/// while the rest of the body is from a moment later: good for telling what happened, not for knowing the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Reads an array of one-key objects; anything else is no change.
    pub fn read(value: Option<Value>) -> Self {
        let Some(Value::Array(items)) = value else { return Self::default() };
        let object = |value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        };
        let changes = items.into_iter().filter_map(object).flatten().filter_map(|change| {
            let (attribute, value) = change;
            let mut values = object(value)?;
            let previous = values.remove("previous_value").unwrap_or_default();
            let current = values.remove("current_value").unwrap_or_default();
            Some(Change { attribute, previous, current })
        });
        Self(changes.collect())
    }

    /// Every change, in the order sent.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The change of one attribute.
    pub fn get(&self, attribute: &str) -> Option<&Change> {
        self.0.iter().find(|change| change.attribute == attribute)
    }

    /// The version that the event made, in microseconds since 1970 (milliseconds' precision).
    pub fn updated_at_us(&self) -> Option<i64> {
        micros(&(&self.get("updated_at")?.current).into())
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
