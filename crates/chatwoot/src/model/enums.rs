//! Chatwoot's enumerations. Webhooks print names, REST and `messages[]` print numbers, and newer versions print names
//! that are unknown here. All are read, unknown ones as `Other`.

use std::fmt;

use crate::json::{Json, int};
use serde::{Serialize, Serializer};

macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value this version does not know, as it was sent.
            Other(String),
        }

        impl $name {
            /// Chatwoot's own name for it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }

            /// Reads a name, a number, or the text of a number. Null, empty text and other types
            /// are absent.
            pub(crate) fn read(value: Option<&Json<'_>>) -> Option<Self> {
                let value = value?;
                match int(value) {
                    $(Some($number) => Some(Self::$variant),)+
                    Some(unknown) => Some(Self::Other(unknown.to_string())),
                    None => value.as_str().filter(|text| !text.is_empty()).map(Self::from),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

enumeration! {
    /// State of a conversation.
    Status {
        /// Waiting for somebody on our side.
        Open = "open" 0,
        /// Done.
        Resolved = "resolved" 1,
        /// In the hands of a bot.
        Pending = "pending" 2,
        /// Hidden until a time, or until the customer writes.
        Snoozed = "snoozed" 3,
    }
}

enumeration! {
    /// Priority of a conversation; none is the absence of one.
    Priority {
        /// The least.
        Low = "low" 0,
        /// Above low.
        Medium = "medium" 1,
        /// Above medium.
        High = "high" 2,
        /// The greatest.
        Urgent = "urgent" 3,
    }
}

enumeration! {
    /// Direction or kind of a message.
    MessageType {
        /// From the customer.
        Incoming = "incoming" 0,
        /// From our side, private notes included.
        Outgoing = "outgoing" 1,
        /// Written by Chatwoot about the conversation ("assigned to …").
        Activity = "activity" 2,
        /// Written by Chatwoot to the customer (greeting, form, survey).
        Template = "template" 3,
    }
}

enumeration! {
    /// How far a message has got. Not monotone: provider callbacks come out of order.
    MessageStatus {
        /// Stored, and handed to the channel.
        Sent = "sent" 0,
        /// On the customer's device.
        Delivered = "delivered" 1,
        /// Seen by the customer.
        Read = "read" 2,
        /// Refused by the channel.
        Failed = "failed" 3,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn names_numbers_and_numeric_text_are_the_same_value() {
        for value in [json!("resolved"), json!(1), json!("1"), json!(1.0)] {
            assert_eq!(Status::read(Some(&(&value).into())), Some(Status::Resolved), "{value}");
        }
    }

    #[test]
    fn unknown_values_are_kept_and_nothing_is_nothing() {
        let read = |value: Value| MessageStatus::read(Some(&(&value).into()));
        assert_eq!(read(json!("queued")), Some(MessageStatus::Other("queued".into())));
        assert_eq!(read(json!(9)), Some(MessageStatus::Other("9".into())));
        for nothing in [json!(null), json!(""), json!([]), json!({}), json!(true)] {
            assert_eq!(read(nothing), None);
        }
    }
}
