//! `POST …/messages`, as JSON or multipart. Whatever goes wrong with the message itself is answered
//! with 422 and `{"error"}`.

use axum::Json;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::header::CONTENT_TYPE;
use bytes::BytesMut;
use serde_json::{Value, json};

use crate::model::{Json as Object, MessageType, NewAttachment, NewMessage, Person, World};
use crate::rest::caller::AnyCaller;
use crate::rest::params::Params;
use crate::rest::refusal::Refusal;
use crate::sim::Sim;

const CONTENT_TYPES: [&str; 13] = [
    "text",
    "input_text",
    "input_textarea",
    "input_email",
    "input_select",
    "cards",
    "form",
    "article",
    "incoming_email",
    "input_csat",
    "integrations",
    "sticker",
    "voice_call",
];

pub(crate) async fn handle(
    State(sim): State<Sim>,
    caller: AnyCaller,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let (params, attachments) = read(request).await?;
    let echo_id = params.get("echo_id").cloned();
    caller.change(&sim, |world| {
        let conversation = caller.conversation(world)?;
        let message = message(world, &caller, conversation, &params, attachments)?;
        world.check_message(caller.account, conversation, &message)?;
        let id = world.add_message(caller.account, conversation, message)?;
        let mut body = super::body(world, &caller, conversation, id)?;
        // Only the object in memory knows it; nobody sees it again.
        if let Some(echo_id) = echo_id {
            body["echo_id"] = echo_id;
        }
        Ok(Json(body))
    })
}

async fn read(request: Request) -> Result<(Params, Vec<NewAttachment>), Refusal> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return Ok((Params::from_request(request, &()).await?, Vec::new()));
    }
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Refusal::BadRequest)?;
    let (mut params, mut files) = (Params::default(), Vec::new());
    while let Some(mut part) = parts.next_field().await.map_err(|_| Refusal::BadRequest)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "attachments[]" {
            let text = part.text().await.map_err(|_| Refusal::BadRequest)?;
            match name.strip_suffix("[]") {
                Some(list) => {
                    let entry = params.0.entry(list).or_insert_with(|| json!([]));
                    if let Value::Array(values) = entry {
                        values.push(json!(text));
                    }
                }
                None => {
                    params.0.insert(name, json!(text));
                }
            }
            continue;
        }
        let content_type = part.content_type().map(str::to_owned);
        let file_name = part.file_name().map(str::to_owned);
        let mut content = BytesMut::new();
        while let Some(chunk) = part.chunk().await.map_err(|_| Refusal::BadRequest)? {
            content.extend_from_slice(&chunk);
        }
        let (file_size, content) = (content.len() as u64, Some(content.freeze()));
        // Without a name it is the signed id of an earlier upload.
        let file_name = file_name.unwrap_or_else(|| "upload".to_owned());
        files.push(NewAttachment { file_name, content_type, file_size, content });
    }
    Ok((params, files))
}

fn message(
    world: &World,
    caller: &AnyCaller,
    conversation: i64,
    params: &Params,
    attachments: Vec<NewAttachment>,
) -> Result<NewMessage, Refusal> {
    let parent = world.conversation(caller.account, conversation)?;
    let inbox = world.inbox(caller.account, parent.inbox_id)?;
    let failed = |sentence: String| Err(Refusal::Unprocessable(sentence));
    let (message_type, sender) = match params.filled("message_type").as_deref() {
        Some("incoming") if inbox.channel != "Channel::Api" => {
            return failed("Incoming messages are only allowed in Api inboxes".to_owned());
        }
        Some("incoming") => (MessageType::Incoming, Person::Contact(parent.contact_id)),
        None | Some("outgoing") => (MessageType::Outgoing, sender(world, caller, params)),
        Some(other) => return failed(format!("'{other}' is not a valid message_type")),
    };
    let content_type = params.filled("content_type").unwrap_or_else(|| "text".to_owned());
    if !CONTENT_TYPES.contains(&content_type.as_str()) {
        return failed(format!("'{content_type}' is not a valid content_type"));
    }
    let mut content_attributes = content_attributes(params);
    if inbox.channel == "Channel::Email" {
        for key in ["cc_emails", "bcc_emails", "to_emails"] {
            if let Some(list) = addresses(params, key) {
                content_attributes.insert(key.to_owned(), list);
            }
        }
    }
    let quoted = content_attributes.get("in_reply_to").and_then(Value::as_i64);
    let quoted = quoted.and_then(|id| parent.messages.get(&id)?.source_id.clone());
    if let Some(source_id) = quoted {
        content_attributes.insert("in_reply_to_external_id".to_owned(), json!(source_id));
    }
    let mut additional_attributes = Object::new();
    for key in ["campaign_id", "template_params"] {
        let object = params.object(key).map(Value::Object);
        if let Some(value) = object.or_else(|| params.get(key).cloned()) {
            additional_attributes.insert(key.to_owned(), value);
        }
    }
    Ok(NewMessage {
        content: params.text("content"),
        message_type,
        content_type,
        content_attributes,
        additional_attributes,
        private: params.truth("private"),
        source_id: params.filled("source_id"),
        sender: Some(sender),
        attachments,
    })
}

/// The token's owner, or a bot named by `sender_type` and `sender_id`.
fn sender(world: &World, caller: &AnyCaller, params: &Params) -> Person {
    let named = params.number("sender_id").filter(|id| {
        params.text("sender_type").as_deref() == Some("AgentBot")
            && world.bots.get(id).is_some_and(|bot| bot.account_id == caller.account)
    });
    named.map_or(caller.person, Person::Bot)
}

/// Returns the attributes as sent, whatever their keys; but a rule's id pushes out all others.
fn content_attributes(params: &Params) -> Object {
    let mut object = params.object("content_attributes").unwrap_or_default();
    if let Some(rule) = object.get("automation_rule_id").cloned() {
        object = Object::from_iter([("automation_rule_id".to_owned(), rule)]);
    }
    if let Some(time) = params.get("external_created_at") {
        object.insert("external_created_at".to_owned(), time.clone());
    }
    object
}

/// Reads a list, or a text with commas.
fn addresses(params: &Params, key: &str) -> Option<Value> {
    if let Some(list) = params.list(key) {
        return Some(json!(list));
    }
    let text = params.filled(key)?;
    Some(text.split(',').map(|address| json!(address.trim())).collect())
}
