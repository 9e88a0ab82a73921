//! The list of agents.

use axum::Json;
use axum::extract::State;
use domain::AccountKey;
use domain::catalogue::Agent;
use serde::Serialize;
use store::PgConnection;

use crate::App;
use crate::auth::{May, Principal, ReadConversations};
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::{OfAccount, Rest};

/// Agents by name. Those who have not accepted their invitation are left out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct AgentList {
    data: Vec<ListedAgent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Rest>,
}

/// An agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ListedAgent {
    #[serde(flatten)]
    agent: Agent,
    /// Whether this agent is the caller: the one with the e-mail address that the caller's token vouches for.
    you: bool,
}

/// List all agents, as Chatwoot had them when it was last asked.
#[utoipa::path(
    get, path = "/agents", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(OfAccount),
    responses((status = 200, description = "The agents", body = AgentList))
)]
pub(in crate::routes) async fn list_agents(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Query(query): Query<OfAccount>,
) -> Result<Json<AgentList>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let found = store::catalogue::agents(&mut transaction, query.account_id, query.skip()?).await?;
    let mut agents = found.rows;
    agents.retain(|agent| agent.confirmed != Some(false));
    let own = own_agents(&mut transaction, &principal).await?;
    let listed = |agent: Agent| {
        let you = own.contains(&(agent.account_id, agent.chatwoot_id));
        ListedAgent { agent, you }
    };
    let data = agents.into_iter().map(listed).collect();
    Ok(Json(AgentList { data, page: found.next.map(Rest::after) }))
}

/// Returns which agents are the caller: their accounts, and their numbers there.
pub(in crate::routes) async fn own_agents(
    connection: &mut PgConnection,
    principal: &Principal,
) -> Result<Vec<(AccountKey, i64)>, ApiError> {
    match &principal.email {
        Some(email) => Ok(store::catalogue::agents_with_email(connection, email).await?),
        None => Ok(Vec::new()),
    }
}
