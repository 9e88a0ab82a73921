use chrono::DateTime;
use domain::{AccountKey, Actor, ConversationId, FreeForm, Message, MessageId};
use serde_json::{Value, json};

use super::*;

fn announcement(attributes: &str) -> Announcement {
    let actor = Actor { kind: "system".to_owned(), id: None, name: None };
    let (at, place) = (DateTime::UNIX_EPOCH, ConversationId::generate());
    let data: FreeForm = serde_json::from_str(attributes).unwrap();
    let activity = Activity::done_here("message_created", None, place, &actor, at, data.clone());
    let message = Message {
        id: MessageId::generate(),
        conversation_id: place,
        chatwoot_id: Some(7),
        message_type: "incoming".to_owned(),
        content_type: "text".to_owned(),
        content: Some("Hi".to_owned()),
        content_attributes: data,
        private: false,
        deleted: false,
        sender: None,
        author: None,
        attachments: Vec::new(),
        state: None,
        state_reason: None,
        attempts: 0,
        max_attempts: None,
        next_attempt_at: None,
        client_id: None,
        created_at: at,
        updated_at: at,
    };
    Announcement::new(activity, Subject::message(None, message))
}

/// What others wrote into it comes along as they wrote it, in the line and in its rows.
#[test]
fn it_is_read_as_it_was_written() {
    let attributes = r#"{"b": [{"": 0}, 1.50, 1e400], "type": "x"}"#;
    let told = announcement(attributes);
    let text = serde_json::to_string(&told).unwrap();
    for field in ["data", "contentAttributes"] {
        assert!(text.contains(&format!("\"{field}\":{attributes}")), "{text}");
    }
    let read: Announcement = serde_json::from_str(&text).unwrap();
    assert_eq!(read, told);
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn it_goes_through_a_value_in_both_ways() {
    let told = announcement(r#"{"b": [{"": 0}]}"#);
    let value = serde_json::to_value(&told).unwrap();
    assert_eq!(value["message"]["contentAttributes"], json!({ "b": [{ "": 0 }] }));
    assert_eq!(serde_json::from_value::<Announcement>(value.clone()).unwrap(), told);
    let without = |field: &str| {
        let mut value: Value = value.clone();
        value.as_object_mut().unwrap().remove(field);
        serde_json::from_value::<Announcement>(value)
    };
    assert_eq!(without("message").unwrap().subject, Subject::default());
    assert!(without("data").is_err());
}

fn conversation(attribute: &str) -> Conversation {
    let account = AccountKey::generate();
    let id = ConversationId::of(account, 7, None);
    let at = "2026-10-01T00:00:00Z";
    serde_json::from_value(json!({
        "id": id, "accountId": account, "chatwootId": 7, "status": "open", "labels": [], "unreadCount": 0,
        "lastActivityAt": at, "createdAt": at, "updatedAt": at, "customAttributes": { "note": attribute },
    }))
    .unwrap()
}

fn told(conversation: Conversation) -> Announcement {
    let actor = Actor { kind: "system".to_owned(), id: None, name: None };
    let (id, at) = (conversation.id, conversation.created_at);
    let activity = Activity::done_here("note", None, id, &actor, at, json!({}));
    Announcement::new(activity, Subject::of(conversation))
}

fn sent(announcement: &Announcement) -> (usize, Announcement) {
    let tenant = "acme".parse().unwrap();
    let envelope = announcement.envelope(&tenant, &TraceParent::generate()).unwrap();
    (envelope.payload.len(), serde_json::from_slice(&envelope.payload).unwrap())
}

#[test]
fn an_announcement_comes_with_its_rows() {
    let small = told(conversation("x"));
    assert_eq!(sent(&small).1, small);
}

#[test]
fn large_rows_are_left_out_and_whom_it_concerns_is_not() {
    let large = told(conversation(&"x".repeat(LARGEST)));
    let (bytes, received) = sent(&large);
    assert!(bytes < 1024, "{bytes}");
    let omitted = vec![Row::Conversation];
    assert_eq!(received.subject, Subject { omitted, ..Subject::default() });
    assert_eq!(received.activity, large.activity);
    assert_eq!(received.activity.about.unwrap().chatwoot_conversation_id, Some(7));
    let half = told(conversation(&"x".repeat(LARGEST / 2)));
    assert_eq!(sent(&half).1, half);
}

#[test]
fn no_more_rows_are_left_out_than_need_be() {
    use Row::{Conversation, Message};
    let most = LARGEST / 2;
    for (attribute, text, omitted) in [
        (most, 10, vec![]),
        (most, most - 10, vec![Conversation]),
        (most - 10, most + 2_000, vec![Message]),
        (LARGEST, 10, vec![Conversation]),
        (10, LARGEST, vec![Message]),
        (LARGEST, LARGEST, vec![Message, Conversation]),
    ] {
        let mut announcement = announcement(r#"{"x": 1}"#);
        let subject = &mut announcement.subject;
        subject.conversation = Some(conversation(&"x".repeat(attribute)));
        subject.message.as_mut().unwrap().content = Some("x".repeat(text));
        let (bytes, received) = sent(&announcement);
        assert!(bytes <= LARGEST, "{bytes}");
        let subject = &mut announcement.subject;
        subject.conversation.take_if(|_| omitted.contains(&Conversation));
        subject.message.take_if(|_| omitted.contains(&Message));
        subject.omitted = omitted;
        assert_eq!(received, announcement);
    }
}
