//! Answers with something in them that has too many values to be handed on: what is read of an answer may become an
//! event, and of an event not more than these are read.

use serde_json::Value;

use crate::json::{MOST_VALUES, all_values};

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
    let own = match value {
        Value::String(text) if text.starts_with('{') => all_values(text.as_bytes()),
        _ => 1,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, left)),
        Value::Object(fields) => fields.values().all(|field| fits(field, left)),
        _ => true,
    }
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
        let printed = format!("{{{}}}", ",".repeat(MOST_VALUES));
        assert!(holds_too_dense(&json!({ "content_attributes": printed })));
        assert!(!holds_too_dense(&json!({ "content": format!(" {printed}") })));
    }
}
