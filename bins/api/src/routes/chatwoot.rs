//! `/chatwoot`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountKey;
use serde::Serialize;

use super::operations::accounts::{Way, ways};
use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::single_flight::SingleFlight;

/// What has waited for longer than this is late.
const LATE: TimeDelta = TimeDelta::seconds(30);

/// The last answer for each tenant: every open screen asks again and again.
pub(crate) type Chatwoots = SingleFlight<Vec<ChatwootState>>;

/// How the tenant's Chatwoot accounts answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ChatwootStateList {
    data: Vec<ChatwootState>,
}

/// How a Chatwoot account answers.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatwootState {
    account_id: AccountKey,
    /// Number of the account in the installation.
    chatwoot_account_id: i64,
    /// Name of the account, for people.
    name: Option<String>,
    state: Answering,
    /// Replies and changes that wait for the account, without those that can still be undone.
    waiting: u64,
    /// Since when the oldest of them has waited; null if none waits.
    waiting_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Answering {
    /// In time.
    Well,
    /// Something has waited for more than half a minute.
    Slowly,
    /// Chatwoot asked to slow down, and is left alone until then.
    Paused,
    /// It did not answer several times in a row, and is tried now and then.
    Silent,
}

/// See how each Chatwoot account answers, and how many replies and changes wait for it.
///
/// This is what agents have to know, without what operators see. At most two seconds old.
#[utoipa::path(
    get, path = "/chatwoot", tag = "conversations",
    security(("bearer" = ["conversations:read"])),
    responses((status = 200, description = "The accounts now", body = ChatwootStateList))
)]
pub(super) async fn get_chatwoot(
    State(app): State<App>,
    principal: May<ReadConversations>,
) -> Result<Json<ChatwootStateList>, ApiError> {
    let tenant = &principal.tenant;
    let look = async {
        let mut transaction = app.tenant(tenant).await?;
        let ways = ways(&mut transaction, tenant).await?;
        Ok::<_, ApiError>(ways.into_iter().map(|way| ChatwootState::of(way, Utc::now())).collect())
    };
    let data = app.chatwoots.get(tenant, Box::pin(look)).await?;
    Ok(Json(ChatwootStateList { data }))
}

impl ChatwootState {
    fn of(way: Way, now: DateTime<Utc>) -> Self {
        let Way { account, breaker, rate, outbound } = way;
        let is_late = |at: DateTime<Utc>| now - at > LATE;
        let state = if !breaker.is_closed() {
            Answering::Silent
        } else if rate.is_some_and(|rate| rate.paused_until.is_some()) {
            Answering::Paused
        } else if outbound.oldest_at.is_some_and(is_late) {
            Answering::Slowly
        } else {
            Answering::Well
        };
        Self {
            account_id: account.id,
            chatwoot_account_id: account.chatwoot_account_id,
            name: account.name,
            state,
            waiting: outbound.pending,
            waiting_since: outbound.oldest_at,
        }
    }
}
