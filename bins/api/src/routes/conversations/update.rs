//! Changing a conversation.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::{AccountKey, Conversation, ConversationId};
use events::{Announcement, AnnouncementSubject};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use store::PgConnection;
use store::catalogue::Named;
use store::conversations::{Asking, Wanted};

use crate::App;
use crate::auth::{May, UpdateConversations};
use crate::error::{ApiError, Current};
use crate::etag::{IfMatch, Tagged, tag};
use crate::extract::{self, Id};
use crate::problem::{Faults, Problem};
use crate::request::Trace;

const MOST_LABELS: usize = 100;
/// Longest label, in characters.
const LONGEST_LABEL: usize = 255;
/// Most bytes of custom attributes, as JSON.
const MOST_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// What to change. A field that is absent stays as it is.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "status": "resolved", "labels": ["billing"] }))]
pub(in crate::routes) struct UpdateConversation {
    /// The new status.
    #[schema(inline)]
    status: Option<StatusName>,
    /// Only with `snoozed`: until when, in whole seconds. Without it, until the customer writes.
    snoozed_until: Option<DateTime<Utc>>,
    /// The new priority; null removes it.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<PriorityName>, inline)]
    priority: Option<Option<PriorityName>>,
    /// Number in Chatwoot of the agent to assign it to, one of `GET /agents`; null assigns it to nobody.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    assignee_id: Option<Option<i64>>,
    /// Number in Chatwoot of the team to assign it to, one of `GET /teams`; null assigns it to none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    team_id: Option<Option<i64>>,
    /// All labels, by titles that `GET /labels` has. Those that are not named are removed.
    #[schema(max_items = 100)]
    labels: Option<Vec<String>>,
    /// All custom attributes. Those that are not named are removed.
    #[schema(value_type = Option<Object>)]
    custom_attributes: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum StatusName {
    Open,
    Resolved,
    Pending,
    Snoozed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum PriorityName {
    Low,
    Medium,
    High,
    Urgent,
}

/// Change a conversation.
///
/// The answer, and every list, shows the change at once; `pendingChanges` names what Chatwoot has not
/// confirmed. If Chatwoot refuses, its own state is shown again, and the activity `command_failed` says why.
/// Each field is a command of its own: they are carried out in order, and each succeeds or fails by itself.
#[utoipa::path(
    patch, path = "/conversations/{id}", tag = "conversations",
    security(("bearer" = ["conversations:update"])),
    params(
        ("id" = ConversationId, Path, description = "The conversation"),
        ("If-Match" = Option<String>, Header, description = "Change only if the conversation still has this tag"),
    ),
    request_body = UpdateConversation,
    responses(
        (status = 200, description = "The conversation as it is shown from now on",
         body = Conversation, headers(("etag" = String, description = "Its entity tag"))),
        (status = 404, description = "There is no such conversation", body = Problem,
         content_type = "application/problem+json"),
        (status = 412, description = "It has changed: `current` is its present state", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn update_conversation(
    State(app): State<App>,
    principal: May<UpdateConversations>,
    Trace(trace): Trace,
    Id(conversation): Id<ConversationId>,
    if_match: IfMatch,
    extract::Json(asked): extract::Json<UpdateConversation>,
) -> Result<Response, ApiError> {
    let wanted = asked.wanted()?;
    let tenant = &principal.tenant;
    let mut transaction = app.tenant(tenant).await?;
    let held = store::conversations::hold(&mut transaction, tenant, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    let actor = principal.actor();
    let lines = if if_match.admits(&tag(held.updated_at)) {
        refuse_unknown(&mut transaction, held.account, conversation, &wanted).await?;
        let asking = Asking { tenant, conversation, actor: &actor, trace };
        Some(store::conversations::change(&mut transaction, &asking, held.account, wanted).await?)
    } else {
        None
    };
    let shown = store::conversations::get(&mut transaction, conversation)
        .await?
        .ok_or(ApiError::NotFound("conversation"))?;
    let Some(lines) = lines else { return Err(ApiError::Changed(Current::of(&shown))) };
    transaction.commit().await?;
    for activity in lines {
        let subject = AnnouncementSubject::of(shown.clone());
        app.announcer.tell(tenant, &Announcement::new(activity, subject), &trace);
    }
    Ok(([(header::ETAG, shown.tag())], Json(shown)).into_response())
}

impl UpdateConversation {
    fn wanted(self) -> Result<Wanted, ApiError> {
        let mut faults = Faults::default();
        if let Some(until) = self.snoozed_until {
            if self.status == Some(StatusName::Snoozed) {
                faults.check("snoozedUntil", until > Utc::now(), "must be in the future");
            } else {
                faults.note("snoozedUntil", "is allowed only with the status snoozed");
            }
        }
        for (field, number) in [("assigneeId", self.assignee_id), ("teamId", self.team_id)] {
            let fits = number.flatten().is_none_or(|number| number >= 1);
            faults.check(field, fits, "must be a number of Chatwoot, or null");
        }
        let labels = self.labels.map(|mut labels| {
            labels.sort_unstable();
            labels.dedup();
            labels
        });
        if let Some(labels) = &labels {
            let fits = |label: &String| {
                !label.trim().is_empty()
                    && label.chars().count() <= LONGEST_LABEL
                    && !label.contains(['\0', ','])
            };
            let all_fit = labels.len() <= MOST_LABELS && labels.iter().all(fits);
            let message = format!(
                "must be at most {MOST_LABELS}, of 1 to {LONGEST_LABEL} characters, without commas"
            );
            faults.check("labels", all_fit, message);
        }
        if let Some(attributes) = &self.custom_attributes {
            let text = serde_json::to_string(attributes).unwrap_or_default();
            faults.json("customAttributes", &text, text.len(), MOST_ATTRIBUTE_BYTES);
        }
        faults.done()?;
        Ok(Wanted {
            status: self.status.map(|status| (word(status), self.snoozed_until)),
            priority: self.priority.map(|priority| priority.map(word)),
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            labels,
            custom_attributes: self.custom_attributes,
        })
    }
}

/// Refuses what the account's lists do not have: Chatwoot takes an agent that it does not know for
/// nobody, without an error.
async fn refuse_unknown(
    connection: &mut PgConnection,
    account: AccountKey,
    conversation: ConversationId,
    wanted: &Wanted,
) -> Result<(), ApiError> {
    let (agent, team) = (wanted.assignee_id.flatten(), wanted.team_id.flatten());
    let labels = wanted.labels.as_deref().unwrap_or_default();
    let named = Named { agent, team, labels };
    let unknown = store::catalogue::unknown(connection, account, conversation, named).await?;
    let mut faults = Faults::default();
    if let Some(number) = agent.filter(|_| unknown.agent) {
        faults.note("assigneeId", format!("names no agent of the account: {number}"));
    }
    if let Some(number) = team.filter(|_| unknown.team) {
        faults.note("teamId", format!("names no team of the account: {number}"));
    }
    if !unknown.labels.is_empty() {
        let labels = unknown.labels.join(", ");
        faults.note("labels", format!("name some that the account does not have: {labels}"));
    }
    faults.done()
}

/// The name that a variant has on the wire.
fn word(name: impl Serialize) -> String {
    match serde_json::to_value(name) {
        Ok(Value::String(word)) => word,
        // Variants without content are always text.
        _ => String::new(),
    }
}

/// Tells null, which removes something, from an absent field.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
