//! Tickets for live streams.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::App;
use crate::auth::{self, May, ReadActivity};
use crate::error::ApiError;
use crate::problem::Problem;

/// A ticket for one live stream.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Ticket {
    /// Opens `GET /activity?ticket=…`, once.
    #[schema(
        example = "axis_ticket_5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
    )]
    ticket: String,
    /// When it expires.
    expires_at: DateTime<Utc>,
}

/// Get a ticket that opens one live stream without a header, for `EventSource`.
///
/// It can be used once, within half a minute. The stream ends when the token expires with which the
/// ticket was requested.
#[utoipa::path(
    post, path = "/activity/tickets", tag = "activity",
    security(("bearer" = ["activity:read"])),
    responses(
        (status = 201, description = "The ticket", body = Ticket),
        (status = 503, description = "`too-many-streams`: too many of the tenant's tickets are unused",
         body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_ticket(
    State(app): State<App>,
    principal: May<ReadActivity>,
) -> Result<(StatusCode, Json<Ticket>), ApiError> {
    let (ticket, expires_at) = auth::issue_ticket(&principal, &app).await?;
    let ticket = Ticket { ticket: ticket.expose().to_owned(), expires_at };
    Ok((StatusCode::CREATED, Json(ticket)))
}
