//! Every recorded shape of a webhook body, decoded. A snapshot per fixture shows what is kept of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use chatwoot::{Sender, Webhook, decode, examples, peek};

/// Every fixture: its name and its body.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/webhooks");
    let mut fixtures: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    fixtures.sort();
    fixtures
}

fn fixture(name: &str) -> Webhook {
    let (_, body) = fixtures().into_iter().find(|(n, _)| n == name).unwrap();
    decode(&body).unwrap()
}

fn message(name: &str) -> chatwoot::webhook::MessageEvent {
    match fixture(name) {
        Webhook::MessageCreated(event) | Webhook::MessageUpdated(event) => event,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn every_fixture_decodes_as_its_snapshot() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 45, "only {} fixtures", fixtures.len());
    for (name, body) in fixtures {
        let webhook = decode(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_json_snapshot!(name.as_str(), webhook);
        });
    }
}

#[test]
fn peek_and_decode_agree_on_every_fixture() {
    for (name, body) in fixtures() {
        let peek = peek(&body).unwrap();
        let webhook = decode(&body).unwrap();
        assert_eq!(peek.event, webhook.event(), "{name}");
        if !matches!(webhook, Webhook::Unknown { .. }) {
            assert_eq!(peek.account_id, webhook.account_id(), "{name}");
        }
        assert_eq!(peek.conversation_id, webhook.conversation_display_id(), "{name}");
    }
}

#[test]
fn fixtures_are_written_as_chatwoot_writes() {
    for (name, body) in fixtures() {
        let text = String::from_utf8(body).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert!(!line.contains(['\n', '<', '>', '&', '\u{2028}', '\u{2029}']), "{name}");
    }
}

#[test]
fn no_token_is_kept() {
    for (name, body) in fixtures() {
        let webhook = decode(&body).unwrap();
        for text in [format!("{webhook:?}"), serde_json::to_string(&webhook).unwrap()] {
            for secret in ["FICTIONALpubsub", "FICTIONALwebsite", "FICTIONALhmac", "_token"] {
                assert!(!text.contains(secret), "{name} shows {secret}");
            }
        }
        let debug = format!("{webhook:?}");
        assert!(!debug.contains("active_storage"), "{name} shows a file's URL");
    }
}

#[test]
fn the_examples_are_one_story() {
    assert_eq!(examples().len(), 10);
    for (name, body) in examples() {
        let peek = peek(body.as_bytes()).unwrap();
        assert_eq!(peek.event, *name);
        assert_eq!(peek.account_id, Some(1), "{name}");
        let webhook = decode(body.as_bytes()).unwrap();
        let contact = match &webhook {
            Webhook::ContactCreated(event) | Webhook::ContactUpdated(event) => {
                Some(event.contact.id)
            }
            Webhook::WebwidgetTriggered(event) => event.contact.as_ref().map(|c| c.id),
            Webhook::ConversationCreated(event)
            | Webhook::ConversationUpdated(event)
            | Webhook::ConversationStatusChanged(event) => {
                event.conversation.contact.as_ref().map(|c| c.id)
            }
            Webhook::MessageCreated(event) | Webhook::MessageUpdated(event) => {
                event.conversation.contact.as_ref().map(|c| c.id)
            }
            Webhook::TypingOn(event) | Webhook::TypingOff(event) => {
                event.conversation.contact.as_ref().map(|c| c.id)
            }
            _ => None,
        };
        assert_eq!(contact, Some(7), "{name}");
        if !name.starts_with("contact_") {
            assert_eq!(webhook.conversation_display_id(), Some(42), "{name}");
        }
    }
}

#[test]
fn a_message_takes_status_and_version_from_the_nested_message_of_its_own_id_only() {
    let same = message("message_updated").message;
    assert_eq!(same.status, Some(chatwoot::MessageStatus::Delivered));
    assert_eq!(same.updated_at_us, Some(1_791_274_813_400_000));

    let other = message("message_updated-status_of_other_message");
    assert_ne!(other.conversation.newest_message.unwrap().id, other.message.id);
    assert_eq!((other.message.status, other.message.updated_at_us), (None, None));

    let later = message("message_created-newer_message_nested").message;
    assert!(later.attachments.is_empty());
}

#[test]
fn senders_are_told_apart_by_their_form() {
    let sender = |name| message(name).message.sender;
    assert!(matches!(sender("message_created"), Some(Sender::Contact(c)) if c.id == 7));
    assert!(matches!(sender("message_created-old_version"), Some(Sender::Contact(c)) if c.id == 7));
    assert!(matches!(sender("message_created-outgoing"), Some(Sender::User { id: 3, .. })));
    assert!(matches!(sender("message_created-bot"), Some(Sender::AgentBot { id: 5, .. })));
    assert!(matches!(
        sender("message_created-unknown_sender_type"),
        Some(Sender::Other { kind, id: Some(1), .. }) if kind == "captain_assistant"
    ));
    assert_eq!(sender("message_created-template_greeting"), None);
}

#[test]
fn what_a_message_says_about_itself() {
    let marked = message("message_created-our_marker").message;
    assert_eq!(marked.marker(), Some("01K6WJ3M5Q8R2T7V9X0YZABCDE"));
    assert!(!marked.deleted());

    let failed = message("message_updated-failed").message;
    assert!(failed.external_error().unwrap().starts_with("131047"));
    assert_eq!(failed.marker(), marked.marker(), "a failure keeps the marker");

    let deleted = message("message_updated-deleted").message;
    assert!(deleted.deleted());
    assert_eq!(deleted.marker(), None);

    let form = message("message_updated-form_answers").message;
    assert_eq!(form.submitted_values().unwrap()[1]["value"], "1187");
    let survey = message("message_updated-csat_answer").message;
    assert_eq!(survey.submitted_values().unwrap()["csat_survey_response"]["rating"], 5);
    assert_eq!(message("message_created-in_reply_to").message.in_reply_to(), Some(901));
}

/// So that a comparison of what webhooks and REST have said finds nothing.
#[test]
fn of_too_many_labels_the_same_ones_are_read_in_whatever_order() {
    let read = |labels: &[String]| {
        chatwoot::Conversation::from_value(&serde_json::json!({ "id": 1, "labels": labels }))
            .unwrap()
            .labels
    };
    let mut labels: Vec<String> = (0..1000).map(|number| format!("{number:04}")).rev().collect();
    let too_long = |letter: &str| letter.repeat(256);
    labels.push(too_long("a"));
    assert_eq!(read(&labels), labels[..1000], "as Chatwoot lists them");
    labels.extend((1000..1300).map(|number| format!("{number:04}")));
    labels.push(too_long("0"));
    let few = read(&labels);
    assert_eq!(few.len(), 1000);
    labels.reverse();
    assert_eq!(read(&labels), few);
}

#[test]
fn changes_name_the_version_that_the_event_made() {
    let Webhook::ConversationUpdated(event) = fixture("conversation_updated") else { panic!() };
    assert_eq!(event.changes.updated_at_us(), Some(1_791_274_811_020_000));
    assert_eq!(event.conversation.updated_at_us, Some(1_791_274_811_020_449));
    assert_eq!(event.changes.get("assignee_id").unwrap().current, 3);
    let Webhook::ConversationUpdated(event) =
        fixture("conversation_updated-null_changed_attributes")
    else {
        panic!()
    };
    assert!(event.changes.is_empty());
}

#[test]
fn only_an_absent_id_is_an_error() {
    for (body, expected) in [
        ("{", "the body is not JSON"),
        ("[]", "the body must be a JSON object"),
        ("{}", "the body must name its event in a string `event`"),
        (r#"{"event":"message_created"}"#, "the message_created body has no integer `id`"),
        (
            r#"{"event":"message_updated","id":1,"conversation":{"id":null}}"#,
            "the message_updated body has no integer `conversation.id`",
        ),
        (
            r#"{"event":"conversation_created","id":"x"}"#,
            "the conversation_created body has no integer `id`",
        ),
        (r#"{"event":"contact_updated","id":{}}"#, "the contact_updated body has no integer `id`"),
        (
            r#"{"event":"conversation_typing_on","user":{"id":3}}"#,
            "the conversation_typing_on body has no integer `conversation.id`",
        ),
    ] {
        assert_eq!(decode(body.as_bytes()).unwrap_err().to_string(), expected);
    }
}

/// What customers write may look like anything, and stands in an event several times.
#[test]
fn a_text_is_read_whatever_it_holds_unless_it_is_read_as_an_object() {
    let text = serde_json::json!({ "a": vec![1; 60_000] }).to_string();
    let read = |name: &str| {
        let newest = serde_json::json!({ "id": 7, name: text });
        let body = serde_json::json!({
            "event": "message_created", "id": 7, name: text,
            "conversation": { "id": 9, "messages": [newest] },
        });
        decode(body.to_string().as_bytes())
    };
    let Ok(Webhook::MessageCreated(event)) = read("content") else { panic!() };
    assert_eq!(event.message.content, Some(text.clone()));
    let refused = read("content_attributes");
    assert!(matches!(refused, Err(chatwoot::DecodeError::TooManyValues)), "{refused:?}");
}
