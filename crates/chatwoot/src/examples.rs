//! One body per event that a setup subscribes to.

macro_rules! example {
    ($event:literal) => {
        ($event, include_str!(concat!("../fixtures/webhooks/", $event, ".json")).trim_ascii_end())
    };
}

/// Event names and bodies as Chatwoot prints them. All are of account 1, and where an event has one,
/// of conversation 42 and contact 7. The data is fictional.
pub fn examples() -> &'static [(&'static str, &'static str)] {
    const EXAMPLES: &[(&str, &str)] = &[
        example!("conversation_created"),
        example!("conversation_updated"),
        example!("conversation_status_changed"),
        example!("message_created"),
        example!("message_updated"),
        example!("contact_created"),
        example!("contact_updated"),
        example!("webwidget_triggered"),
        example!("conversation_typing_on"),
        example!("conversation_typing_off"),
    ];
    EXAMPLES
}
