//! Every call as it goes over the wire, and what is read from Chatwoot's answer to it.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use crate::server::{TOKEN, client, serve};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use chatwoot::client::catalogue::NewLabel;
use chatwoot::client::{
    ConversationQuery, MessageRange, NewMessage, Options, SUBSCRIPTIONS, Snooze, Upload,
    WebhookSettings,
};
use chatwoot::{Client, MessageType, Priority, Status};
use chrono::DateTime;
use futures_util::{StreamExt as _, stream};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};

type Log = Arc<Mutex<String>>;

const MESSAGE: &str = r#"{"id":902,"content":"It left this morning.","inbox_id":11,"echo_id":"x","conversation_id":42,"message_type":1,"content_type":"text","status":"sent","content_attributes":{"axis":{"op":"01K6WJ3M5Q8R2T7V9X0YZABCDE"},"in_reply_to":901},"created_at":1791274811,"private":false,"source_id":null,"sender":{"id":3,"name":"Sam Sample","available_name":"Sam","avatar_url":"","type":"user","availability_status":"online","thumbnail":""}}"#;
const CONVERSATION: &str = r#"{"meta":{"sender":{"additional_attributes":{},"availability_status":"offline","email":"ana@example.com","id":7,"name":"Ana Example","phone_number":null,"blocked":false,"identifier":null,"thumbnail":"","custom_attributes":{},"last_activity_at":1791274542,"created_at":1791274498},"channel":"Channel::WebWidget","assignee":{"id":3,"account_id":1,"availability_status":"online","email":"sam@example.com","available_name":"Sam","name":"Sam Sample","role":"agent","thumbnail":""},"hmac_verified":false},"id":42,"messages":[{"id":903,"content":"Sam resolved","account_id":1,"inbox_id":11,"conversation_id":42,"message_type":2,"created_at":1791274811,"updated_at":"2026-10-06T08:20:11.020Z","private":false,"status":"sent","content_type":"text","content_attributes":{},"sender_type":null,"sender_id":null}],"account_id":1,"uuid":"00000000-0000-4000-8000-000000000042","additional_attributes":{},"agent_last_seen_at":1791274811,"assignee_last_seen_at":0,"can_reply":true,"contact_last_seen_at":0,"custom_attributes":{},"inbox_id":11,"labels":["vip"],"muted":false,"snoozed_until":null,"status":"resolved","created_at":1791274498,"updated_at":1791274811.0204489,"timestamp":1791274811,"first_reply_created_at":1791274811,"unread_count":0,"last_activity_at":1791274811,"priority":"high","waiting_since":0,"sla_policy_id":null}"#;
const WEBHOOK: &str = r#"{"id":4,"name":"axis","url":"https://axis.example.com/hook","account_id":1,"subscriptions":["message_created"],"secret":"FICTIONALwebhookSecret00"}"#;

/// Chatwoot's answer, and a line in the log.
async fn answer(State(log): State<Log>, request: Request) -> (StatusCode, String) {
    let (head, body) = request.into_parts();
    assert_eq!(head.headers["api-access-token"], TOKEN);
    assert!(!head.headers.contains_key("api_access_token"), "old Pumas would join the two");
    assert_eq!(head.headers["accept"], "application/json");
    let agent = head.headers["user-agent"].to_str().unwrap();
    assert_eq!(agent, concat!("axis-afenda/", env!("CARGO_PKG_VERSION")));
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().into()).unwrap();
    let path = head.uri.path_and_query().unwrap().as_str();
    writeln!(log.lock().unwrap(), "{} {path} {body}", head.method).unwrap();

    let call = head.uri.path().trim_start_matches("/api/v1/accounts/1/");
    let answer = match (head.method.as_str(), call) {
        ("POST", "conversations/42/messages" | "conversations/42/messages/902/retry") => {
            MESSAGE.to_owned()
        }
        ("GET", "conversations/42/messages") => format!(r#"{{"meta":{{}},"payload":[{MESSAGE}]}}"#),
        ("GET", "conversations/42") | ("POST", "conversations/42/update_last_seen") => {
            CONVERSATION.to_owned()
        }
        ("GET", "conversations") => format!(
            r#"{{"data":{{"meta":{{"all_count":61}},"payload":[{CONVERSATION},{{"odd":true}}]}}}}"#
        ),
        ("POST", "conversations/42/labels") => r#"{"payload":["billing","vip"]}"#.to_owned(),
        ("GET", "contacts/7") => {
            r#"{"payload":{"id":7,"name":"Ana Example","thumbnail":""}}"#.to_owned()
        }
        ("GET", "agents") => {
            r#"[{"id":3,"account_id":1,"availability_status":"online","auto_offline":true,"confirmed":true,"email":"sam@example.com","available_name":"Sam","name":"Sam Sample","role":"administrator","thumbnail":""}]"#.to_owned()
        }
        ("GET", "teams") => r#"[{"id":2,"name":"orders","description":"Orders","allow_auto_assign":true,"account_id":1,"is_member":true}]"#.to_owned(),
        ("GET", "inboxes") => r#"{"payload":[{"id":11,"channel_id":9,"name":"Shop website","channel_type":"Channel::WebWidget","website_token":"FICTIONAL"}]}"#.to_owned(),
        ("GET", "labels") => r##"{"payload":[{"id":1,"title":"vip","description":null,"color":"#1f93ff","show_on_sidebar":true}]}"##.to_owned(),
        ("POST", "labels") => r#"{"id":2,"title":"late"}"#.to_owned(),
        ("GET", "canned_responses") => r#"[{"id":1,"account_id":1,"short_code":"hi","content":"Hello!","created_at":"2026-10-06T08:15:42.188Z","updated_at":"2026-10-06T08:15:42.188Z"}]"#.to_owned(),
        ("POST", "canned_responses") => r#"{"id":2,"short_code":"bye","content":"Bye!"}"#.to_owned(),
        ("GET", "/api/v1/profile") => r#"{"id":3,"name":"Sam Sample","email":"sam@example.com","access_token":"FICTIONAL","pubsub_token":"FICTIONAL","accounts":[{"id":1,"name":"Harbour Lane Books","role":"administrator","status":"active"}]}"#.to_owned(),
        ("GET", "webhooks") => format!(r#"{{"payload":{{"webhooks":[{WEBHOOK}]}}}}"#),
        ("POST", "webhooks") | ("PATCH", "webhooks/4") => {
            format!(r#"{{"payload":{{"webhook":{WEBHOOK}}}}}"#)
        }
        ("POST", "conversations/42/toggle_status") => r#"{"meta":{},"payload":{"success":true}}"#.to_owned(),
        ("POST" | "DELETE", _) => String::new(),
        _ => return (StatusCode::NOT_FOUND, String::new()),
    };
    (StatusCode::OK, answer)
}

async fn chatwoot() -> (Client, Log) {
    let log = Log::default();
    let address = serve(Router::new().fallback(answer).with_state(Arc::clone(&log))).await;
    (client(address, &Options::default()), log)
}

#[tokio::test]
async fn messages() {
    let (client, log) = chatwoot().await;
    let marker = "01K6WJ3M5Q8R2T7V9X0YZABCDE";
    let reply = NewMessage {
        content: "It left this morning.".into(),
        in_reply_to: Some(901),
        marker: Some(marker.into()),
        ..NewMessage::default()
    };
    let created = client.create_message(42, &reply).await.unwrap();
    assert_eq!(created.id, 902);
    assert_eq!(created.marker(), Some(marker));
    assert_eq!(created.message_type, Some(MessageType::Outgoing));
    let note = NewMessage {
        content: "Be kind".into(),
        private: true,
        content_type: Some("text".into()),
        content_attributes: Map::from_iter([("data".to_owned(), json!(1))]),
        ..NewMessage::default()
    };
    client.create_message(42, &note).await.unwrap();
    let between = MessageRange::Between { after: 900, last: 999 };
    let range = [MessageRange::Newest, MessageRange::Before(5), MessageRange::After(900), between];
    for range in range {
        let listed = client.list_messages(42, range).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&created));
    }
    assert_eq!(client.message(42, 902).await.unwrap(), Some(created.clone()));
    assert_eq!(client.message(42, 903).await.unwrap(), None);
    assert_eq!(client.retry_message(42, 902).await.unwrap(), created);
    client.delete_message(42, 902).await.unwrap();
    insta::assert_snapshot!(log.lock().unwrap());
}

#[tokio::test]
async fn a_message_with_files_is_a_form() {
    let seen = Log::default();
    let record = |State(seen): State<Log>, request: Request| async move {
        let kind = request.headers()["content-type"].to_str().unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
        let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let body = String::from_utf8(body.into()).unwrap();
        *seen.lock().unwrap() = body.replace(&boundary, "BOUNDARY").replace("\r\n", "\n");
        MESSAGE
    };
    let address = serve(Router::new().fallback(record).with_state(Arc::clone(&seen))).await;
    let file = |name: &str, media_type: &str| Upload {
        file_name: name.into(),
        media_type: media_type.into(),
        length: 4,
        bytes: stream::iter(["fo", "ur"]).map(|part| Ok(part.into())).boxed(),
    };
    let message = NewMessage {
        content: "See below".into(),
        private: true,
        marker: Some("01K6WJ3M5Q8R2T7V9X0YZABCDE".into()),
        ..NewMessage::default()
    };
    let files = vec![file("a.txt", "text/plain"), file("b \"x\".bin", "no media type")];
    let client = client(address, &Options::default());
    client.create_message_with(42, &message, files).await.unwrap();
    insta::assert_snapshot!(seen.lock().unwrap());
}

#[tokio::test]
async fn conversations() {
    let (client, log) = chatwoot().await;
    let conversation = client.conversation_verbatim(42).await.unwrap();
    let page = client.conversations_verbatim(&ConversationQuery::default()).await.unwrap();
    assert_eq!((page.conversations.len(), page.all_count), (1, Some(61)));
    assert_eq!(page.conversations[0].value, conversation.value);
    let query = ConversationQuery {
        page: Some(2),
        status: Some(Status::Open),
        sort_by: Some("created_at_asc".into()),
        updated_within: Some(900),
    };
    client.conversations_verbatim(&query).await.unwrap();
    client.toggle_status(42, &Status::Resolved, Snooze::UntilReply).await.unwrap();
    client.toggle_status(42, &Status::Snoozed, Snooze::UntilReply).await.unwrap();
    let until = Snooze::Until(DateTime::from_timestamp(1_791_360_000, 0).unwrap());
    client.toggle_status(42, &Status::Snoozed, until).await.unwrap();
    client.set_priority(42, Some(&Priority::Urgent)).await.unwrap();
    client.set_priority(42, None).await.unwrap();
    client.assign_agent(42, Some(3)).await.unwrap();
    client.assign_agent(42, None).await.unwrap();
    client.assign_team(42, Some(2)).await.unwrap();
    let labels = client.set_labels(42, &["billing".into(), "vip".into()]).await.unwrap();
    assert_eq!(labels, ["billing", "vip"]);
    let attributes = Map::from_iter([("order".to_owned(), json!("1187"))]);
    client.set_custom_attributes(42, &attributes).await.unwrap();
    client.toggle_typing(42, true, false).await.unwrap();
    assert_eq!(
        client.update_last_seen(42).await.unwrap(),
        DateTime::from_timestamp(1_791_274_811, 0)
    );
    insta::assert_snapshot!(log.lock().unwrap());
    insta::assert_json_snapshot!("conversation", conversation.value);
}

#[tokio::test]
async fn catalogue() {
    let (client, log) = chatwoot().await;
    let label = NewLabel { title: "late".into(), ..NewLabel::default() };
    let answers = json!({
        "contact": client.contact_verbatim(7).await.unwrap().value,
        "agents": client.list_agents().await.unwrap(),
        "teams": client.list_teams().await.unwrap(),
        "inboxes": client.list_inboxes().await.unwrap(),
        "labels": client.list_labels().await.unwrap(),
        "new label": client.create_label(&label).await.unwrap(),
        "canned responses": client.list_canned_responses().await.unwrap(),
        "new canned response": client.create_canned_response("bye", "Bye!").await.unwrap(),
        "profile": client.profile().await.unwrap(),
    });
    insta::assert_snapshot!(log.lock().unwrap());
    insta::assert_json_snapshot!("answers", answers);
    assert_eq!(client.profile().await.unwrap().role_in(1), Some("administrator"));
}

#[tokio::test]
async fn webhooks() {
    let (client, log) = chatwoot().await;
    let settings = WebhookSettings {
        url: "https://axis.example.com/hook".into(),
        name: "axis".into(),
        subscriptions: SUBSCRIPTIONS.map(str::to_owned).to_vec(),
    };
    let listed = client.list_webhooks().await.unwrap();
    for webhook in [
        &listed[0],
        &client.create_webhook(&settings).await.unwrap(),
        &client.update_webhook(4, &settings).await.unwrap(),
    ] {
        assert_eq!((webhook.id, webhook.url.as_str()), (4, "https://axis.example.com/hook"));
        let secret = webhook.secret.as_ref().unwrap();
        assert_eq!(secret.expose_secret(), "FICTIONALwebhookSecret00");
        assert!(!format!("{webhook:?}").contains("FICTIONAL"));
    }
    client.delete_webhook(4).await.unwrap();
    insta::assert_snapshot!(log.lock().unwrap());
}

#[tokio::test]
async fn another_account_goes_over_the_same_client() {
    let seen = Log::default();
    let record = |State(seen): State<Log>, request: Request| async move {
        let token = request.headers()["api-access-token"].to_str().unwrap();
        writeln!(seen.lock().unwrap(), "{} {token}", request.uri().path()).unwrap();
        "[]"
    };
    let address = serve(Router::new().fallback(record).with_state(Arc::clone(&seen))).await;
    let service = client(address, &Options::default());
    let base = format!("http://{address}");
    let other = service.for_account(&base, 2, &SecretString::from("others")).unwrap();
    service.list_teams().await.unwrap();
    other.list_teams().await.unwrap();
    let expected = format!("/api/v1/accounts/1/teams {TOKEN}\n/api/v1/accounts/2/teams others\n");
    assert_eq!(*seen.lock().unwrap(), expected);
}
