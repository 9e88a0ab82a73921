//! JSON whose fields others name.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object of which only those who wrote it know the fields, such as attributes that a customer's browser set. It
/// is kept as text and passed on as it is: as a [`Value`] it may take ninety times the memory.
///
/// Only `serde_json` can read one, and not from within a struct or an enum that buffers what it reads, as
/// `#[serde(flatten)]`, `tag` and `untagged` do. They can write it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FreeForm(Box<RawValue>);

impl FreeForm {
    /// What this serialises to.
    pub fn of(thing: &impl Serialize) -> serde_json::Result<Self> {
        to_raw_value(thing).map(Self)
    }

    /// The field of this name, if this is an object that has it, in the form of a `T`.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        let mut text = serde_json::Deserializer::from_str(self.0.get());
        Field(field, PhantomData).deserialize(&mut text).ok().flatten()
    }

    /// All of it, if it has the form of a `T`. As a [`Value`] it is large.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl From<&Value> for FreeForm {
    fn from(value: &Value) -> Self {
        // A value always serialises.
        Self(to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl From<Value> for FreeForm {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

/// An object without fields.
impl Default for FreeForm {
    fn default() -> Self {
        Self::from(Value::Object(serde_json::Map::new()))
    }
}

/// Compares what is meant: spaces and the order of fields do not count.
impl PartialEq for FreeForm {
    fn eq(&self, other: &Self) -> bool {
        let meant = |one: &Self| one.read::<Value>();
        self.0.get() == other.0.get() || meant(self).is_some_and(|it| Some(it) == meant(other))
    }
}

impl fmt::Debug for FreeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}

/// Reads one field of an object, and holds no other.
struct Field<'a, T>(&'a str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Field<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Field<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(name) = object.next_key::<Cow<'_, str>>()? {
            if name == self.0 {
                found = Some(object.next_value()?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> FreeForm {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn it_is_passed_on_as_it_was_written() {
        for text in ["{}", r#"{"b": [1.50, {"a":  null}], "a":1e400}"#, "[]", "null", r#""x""#] {
            let form = read(text);
            assert_eq!(serde_json::to_string(&form).unwrap(), text);
            assert_eq!(serde_json::to_string(&(&form, 1)).unwrap(), format!("[{text},1]"));
            assert_eq!(format!("{form:?}"), text);
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(serde_json::to_string(&read(&deep)).unwrap(), deep);
        for text in ["", "{", "{} {}", r#"{"a"}"#] {
            assert!(serde_json::from_str::<FreeForm>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_goes_through_a_value_in_both_ways() {
        let value = json!({ "b": [1, "x"], "a": { "c": null } });
        let form: FreeForm = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&form).unwrap(), value);
        assert_eq!((form.read::<Value>(), FreeForm::from(&value)), (Some(value), form));
        assert_eq!(format!("{:?}", FreeForm::default()), "{}");
    }

    #[test]
    fn those_that_mean_the_same_are_equal() {
        assert_eq!(read(r#"{"a": 1, "b": [2]}"#), read(r#"{"b":[2],"a":1}"#));
        assert_eq!(read(r#"{"a":1e400}"#), read(r#"{"a":1e400}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":2}"#));
        assert_ne!(read(r#"{"a":1e400}"#), read(r#"{"a":1e401}"#));
    }

    #[test]
    fn a_field_is_read_without_the_others() {
        let form = read(r#"{"a": {"b": 1}, "\u0062": "x", "c": [1, 2], "n": null}"#);
        assert_eq!(form.get("b"), Some("x".to_owned()));
        assert_eq!(form.get("c"), Some(vec![1, 2]));
        assert_eq!(form.get("n"), Some(Value::Null));
        assert_eq!(form.get::<String>("n"), None);
        assert_eq!(form.get::<i64>("b"), None);
        assert_eq!(form.get::<Value>("d"), None);
        for text in [r#"["a"]"#, r#""a""#, "null"] {
            assert_eq!(read(text).get::<Value>("a"), None, "{text}");
        }
    }
}
