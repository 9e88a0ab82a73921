//! The list of agents.

use axum::Json;
use axum::extract::State;
use domain::catalogue::Agent;
use serde::Serialize;

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::OfAccount;

/// People who answer, by name. Those who have not accepted their invitation are left out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct AgentList {
    data: Vec<ListedAgent>,
}

/// A person who answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ListedAgent {
    #[serde(flatten)]
    agent: Agent,
    /// It is whoever asks: the agent has the e-mail address that the caller's token vouches for.
    you: bool,
}

/// List agents, all of them, as Chatwoot told when it was last asked.
#[utoipa::path(
    get, path = "/agents", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The people who answer", body = AgentList))
)]
pub(in crate::routes) async fn list_agents(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<AgentList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let mut agents = store::catalogue::agents(&mut transaction, query.account_id).await?;
    agents.retain(|agent| agent.confirmed != Some(false));
    let is_caller = |agent: &Agent| match (&agent.email, &principal.email) {
        (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
        _ => false,
    };
    let listed = |agent| ListedAgent { you: is_caller(&agent), agent };
    Ok(Json(AgentList { data: agents.into_iter().map(listed).collect() }))
}
