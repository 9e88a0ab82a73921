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
    /// For `GET /activity?ticket=…`, once.
    #[schema(
        example = "axis_ticket_5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
    )]
    ticket: String,
    /// Until when it can be used.
    expires_at: DateTime<Utc>,
}

/// Get a ticket that opens one live stream, within half a minute, without a header: for
/// `EventSource`. The stream ends when the token ends that the ticket was asked for with.
#[utoipa::path(
    post, path = "/activity/tickets", tag = "activity",
    security(("bearer" = ["activity:read"])),
    responses(
        (status = 201, description = "The ticket", body = Ticket),
        (status = 503, description = "Too many tickets of the tenant wait to be used",
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
