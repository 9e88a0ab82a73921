//! The few facts a receiver needs, read in one pass without building a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::account::CARRIERS;
use crate::json::{int_in, repaired, whole};

/// Who and what a body is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek<'a> {
    /// Chatwoot's name of the event; any text, since new versions bring new events.
    pub event: Cow<'a, str>,
    /// Id of the account, from wherever the body names it; absent in some events of old versions.
    pub account_id: Option<i64>,
    /// Id of the object: a message's, a conversation's *display* id (typing events included), a
    /// contact's, a contact inbox's for the widget.
    pub object_id: Option<i64>,
    /// Display id of the conversation, if the event is about one or about something in one.
    pub conversation_id: Option<i64>,
}

/// Why a body is not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeekError {
    /// The bytes are not one JSON document.
    #[error("the body is not JSON")]
    NotJson,
    /// It is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// There is no event name.
    #[error("the body must name its event in a string `event`")]
    NoEvent,
}

/// Reads the event's name, account and object from a body.
pub fn peek(body: &[u8]) -> Result<Peek<'_>, PeekError> {
    match read(body) {
        Ok(peek) if !peek.event.contains('\0') => Ok(peek),
        Err(error) if error != PeekError::NotJson => Err(error),
        // Broken text in one field does not spoil the others; `decode` repairs it likewise.
        _ => {
            let body = repaired(body);
            let Peek { event, account_id, object_id, conversation_id } = read(&body)?;
            let event = Cow::Owned(event.into_owned());
            Ok(Peek { event, account_id, object_id, conversation_id })
        }
    }
}

fn read(body: &[u8]) -> Result<Peek<'_>, PeekError> {
    let mut found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    Seek { place: Place::Object(TOP), found: &mut found }
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|_| PeekError::NotJson)?;
    if !found.object {
        return Err(PeekError::NotAnObject);
    }
    let account_id = found.account_id();
    let event = found.event.ok_or(PeekError::NoEvent)?;
    let [top, conversation, current_conversation, ..] = found.owners;
    let (object_id, conversation_id) = match &*event {
        "conversation_typing_on" | "conversation_typing_off" => (conversation.id, conversation.id),
        "message_created" | "message_updated" => (top.id, conversation.id),
        "conversation_created" | "conversation_updated" | "conversation_status_changed" => {
            (top.id, top.id)
        }
        "webwidget_triggered" => (top.id, current_conversation.id),
        _ => (top.id, None),
    };
    Ok(Peek { event, account_id, object_id, conversation_id })
}

/// The body itself among the owners; the others are [`CARRIERS`], in order.
const TOP: usize = 0;
const OWNERS: usize = 1 + CARRIERS.len();

/// What has been found so far.
#[derive(Default)]
struct Found<'de> {
    object: bool,
    event: Option<Cow<'de, str>>,
    owners: [Owner; OWNERS],
}

/// The ids of the body or of an object in it.
#[derive(Default, Clone, Copy)]
struct Owner {
    id: Option<i64>,
    account: Option<i64>,
    account_id: Option<i64>,
    message_account_id: Option<i64>,
}

/// A place in a body that matters; the number is its owner.
#[derive(Clone, Copy)]
enum Place {
    Event,
    Object(usize),
    Id(usize),
    Account(usize),
    AccountsId(usize),
    AccountId(usize),
    Messages(usize),
    Message(usize),
    MessageAccountId(usize),
}

impl Place {
    fn child(self, key: &str) -> Option<Self> {
        match (self, key) {
            (Self::Object(TOP), "event") => Some(Self::Event),
            (Self::Object(owner), "id") => Some(Self::Id(owner)),
            (Self::Object(owner), "account") => Some(Self::Account(owner)),
            (Self::Object(owner), "account_id") => Some(Self::AccountId(owner)),
            (Self::Object(owner), "messages") => Some(Self::Messages(owner)),
            (Self::Object(TOP), _) => {
                let carrier = CARRIERS.iter().position(|carrier| *carrier == key)?;
                Some(Self::Object(carrier + 1))
            }
            (Self::Account(owner), "id") => Some(Self::AccountsId(owner)),
            (Self::Message(owner), "account_id") => Some(Self::MessageAccountId(owner)),
            _ => None,
        }
    }
}

impl<'de> Found<'de> {
    /// Sets the integer of a place. Without one, forgets what an earlier, equal key brought.
    fn set(&mut self, place: Place, value: Option<i64>) {
        let owners = &mut self.owners;
        match place {
            Place::Event => self.event = None,
            Place::Object(owner) => owners[owner] = Owner::default(),
            Place::Id(owner) => owners[owner].id = value,
            Place::Account(owner) => owners[owner].account = None,
            Place::AccountsId(owner) => owners[owner].account = value,
            Place::AccountId(owner) => owners[owner].account_id = value,
            Place::Messages(owner) | Place::Message(owner) => {
                owners[owner].message_account_id = None;
            }
            Place::MessageAccountId(owner) => owners[owner].message_account_id = value,
        }
    }

    fn set_text(&mut self, place: Place, text: Cow<'de, str>) {
        match place {
            Place::Event => self.event = Some(text),
            _ => self.set(place, int_in(&text)),
        }
    }

    /// In the order of [`super::account::find`].
    fn account_id(&self) -> Option<i64> {
        let owners = || self.owners.iter();
        owners()
            .find_map(|owner| owner.account)
            .or_else(|| owners().find_map(|owner| owner.account_id.or(owner.message_account_id)))
    }
}

/// Reads the value at a place, whatever it is.
struct Seek<'f, 'de> {
    place: Place,
    found: &'f mut Found<'de>,
}

impl<'de> DeserializeSeed<'de> for Seek<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.found.set(self.place, None);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.found.object |= matches!(self.place, Place::Object(TOP));
        while let Some(child) = map.next_key_seed(Key(self.place))? {
            match child {
                Some(place) => map.next_value_seed(Seek { place, found: &mut *self.found })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if let Place::Messages(owner) = self.place {
            list.next_element_seed(Seek { place: Place::Message(owner), found: self.found })?;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.found.set_text(self.place, Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.found.set_text(self.place, Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.found.set(self.place, Some(number));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.found.set(self.place, i64::try_from(number).ok());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.found.set(self.place, whole(number));
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a key as the place it leads to.
struct Key(Place);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<Place>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<Place>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.child(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> (Option<i64>, Option<i64>, Option<i64>) {
        let peek = peek(body.as_bytes()).unwrap();
        (peek.account_id, peek.object_id, peek.conversation_id)
    }

    #[test]
    fn the_account_is_found_wherever_a_version_puts_it() {
        for body in [
            r#"{"event":"message_created","id":9,"account":{"id":1},"conversation":{"id":42}}"#,
            r#"{"id":"9","conversation":{"id":42,"account":{"id":1}},"event":"message_created"}"#,
            r#"{"id":9,"conversation":{"id":42,"messages":[{"account_id":1},{"account_id":5}]},"event":"message_created"}"#,
            r#"{"id":9,"conversation":{"id":42,"account_id":"1"},"account":null,"event":"message_created"}"#,
            r#"{"id":9,"sender":{"account":{"id":1}},"conversation":{"id":42},"event":"message_created"}"#,
            r#"{"id":9.0,"account_id":1,"account":[],"conversation":{"id":42},"event":"message_created"}"#,
        ] {
            assert_eq!(ids(body), (Some(1), Some(9), Some(42)), "{body}");
        }
        let typing = r#"{"event":"conversation_typing_on","id":3,"conversation":{"id":42}}"#;
        assert_eq!(ids(typing), (None, Some(42), Some(42)));
        let contact = r#"{"event":"contact_created","id":7,"account":{"id":1}}"#;
        assert_eq!(ids(contact), (Some(1), Some(7), None));
    }

    #[test]
    fn other_fields_may_be_anything() {
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        for odd in [r#""\ud800""#, "1e999", r#"{"\udfff":1}"#, "[[{}]]", &deep, r#""\u0000""#] {
            let body = format!(
                r#"{{"x":{odd},"event":"contact_updated","id":7,"account":{{"x":{odd},"id":1}}}}"#
            );
            assert_eq!(ids(&body), (Some(1), Some(7), None), "{}", &body[..60.min(body.len())]);
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let body = r#"{"event":5,"id":1,"account":{"id":1},"event":"contact_created","id":7,"account":{"name":""}}"#;
        assert_eq!(ids(body), (None, Some(7), None));
    }

    #[test]
    fn the_name_is_borrowed_from_the_body() {
        let peek = peek(br#"{"event":"contact_created"}"#).unwrap();
        assert!(matches!(peek.event, Cow::Borrowed("contact_created")));
    }

    #[test]
    fn what_is_no_event_is_told_apart() {
        for (body, expected) in [
            ("", PeekError::NotJson),
            ("{", PeekError::NotJson),
            (r#"{"event":"x"} {"#, PeekError::NotJson),
            (r#"{"event":"x",}"#, PeekError::NotJson),
            ("[]", PeekError::NotAnObject),
            (r#""event""#, PeekError::NotAnObject),
            ("null", PeekError::NotAnObject),
            ("{}", PeekError::NoEvent),
            (r#"{"event":null}"#, PeekError::NoEvent),
            (r#"{"event":5}"#, PeekError::NoEvent),
            (r#"{"event":{"event":"x"}}"#, PeekError::NoEvent),
        ] {
            assert_eq!(peek(body.as_bytes()), Err(expected), "{body}");
        }
    }
}
