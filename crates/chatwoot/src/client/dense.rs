//! Answers with something in them that has too many values to be handed on: what is read of an answer may become an
//! event, and of an event not more than these are read.

use serde_json::Value;

use crate::json::{MOST_VALUES, PRINTED, values};

/// Where answers have a list.
const LISTS: [&str; 3] = ["", "/payload", "/data/payload"];

/// Whether an entry of the list, or all of an answer that is no list, has too many values.
pub(super) fn holds_too_dense(answer: &Value) -> bool {
    let list = LISTS.iter().find_map(|path| answer.pointer(path)?.as_array());
    list.map_or_else(|| is_too_dense(answer), |entries| entries.iter().any(is_too_dense))
}

fn is_too_dense(value: &Value) -> bool {
    !fits(value, &mut MOST_VALUES.clone())
}

/// Takes the number of values from what is `left`.
fn fits(value: &Value, left: &mut usize) -> bool {
    take(1, left)
        && match value {
            Value::Array(items) => items.iter().all(|item| fits(item, left)),
            Value::Object(fields) => fields.iter().all(|(name, field)| match field {
                Value::String(text) if name == PRINTED && text.starts_with('{') => {
                    take(values(text.as_bytes()), left)
                }
                _ => fits(field, left),
            }),
            _ => true,
        }
}

fn take(values: usize, left: &mut usize) -> bool {
    let rest = left.checked_sub(values);
    *left = rest.unwrap_or_default();
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_may_have_more_values_than_each_of_its_entries() {
        let with = |values: usize| json!({ "id": 7, "custom_attributes": vec![0; values] });
        let (fits, dense) = (with(MOST_VALUES - 3), with(MOST_VALUES - 2));
        assert!(!holds_too_dense(&fits));
        assert!(holds_too_dense(&dense));
        for list in [
            |entries: [&Value; 2]| json!(entries),
            |entries: [&Value; 2]| json!({ "payload": entries }),
            |entries: [&Value; 2]| json!({ "data": { "payload": entries } }),
        ] {
            assert!(!holds_too_dense(&list([&fits, &fits])));
            assert!(holds_too_dense(&list([&fits, &dense])));
        }
    }

    #[test]
    fn a_text_is_looked_into_only_where_it_is_read_as_an_object() {
        let printed = json!({ "a": vec![1; MOST_VALUES] }).to_string();
        for (name, is_dense) in [("content_attributes", true), ("content", false)] {
            let message = json!({ "id": 7, name: printed });
            assert_eq!(holds_too_dense(&message), is_dense, "{name}");
            let nested = json!({ "payload": [{ "id": 9, "last_non_activity_message": message }] });
            assert_eq!(holds_too_dense(&nested), is_dense, "{name}");
        }
    }
}
