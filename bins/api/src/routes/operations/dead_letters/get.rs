//! One dead letter.

use axum::Json;
use axum::extract::State;
use repair::mask;
use serde::Serialize;
use serde_json::Value;

use super::{DeadLetter, DeadLetterId, Own, find};
use crate::App;
use crate::auth::{May, ReadOperations};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// A dead letter with its content.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct DeadLetterContent {
    #[serde(flatten)]
    letter: DeadLetter,
    /// Size of its content, in bytes.
    bytes: usize,
    /// Its headers. Those that are not ours are masked.
    #[schema(value_type = Object)]
    headers: Value,
    /// The structure of its content, with all texts masked that may be personal.
    payload: Value,
}

/// Read a dead letter, with personal data masked.
#[utoipa::path(
    get, path = "/operations/dead-letters/{id}", tag = "operations",
    security(("bearer" = ["operations:read"])),
    params(("id" = DeadLetterId, Path, description = "The dead letter")),
    responses(
        (status = 200, description = "The dead letter", body = DeadLetterContent),
        (status = 404, description = "There is no dead letter with this id, or not any more", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_dead_letter(
    State(app): State<App>,
    principal: May<ReadOperations>,
    Id(id): Id<DeadLetterId>,
) -> Result<Json<DeadLetterContent>, ApiError> {
    let _room = app.reading(&principal.tenant)?;
    // Ended before NATS is asked, which may take seconds to give no answer.
    let own = Own::of(&mut *app.tenant(&principal.tenant).await?, &principal).await?;
    let stored = find(&app, &own, id).await?;
    Ok(Json(DeadLetterContent {
        letter: DeadLetter::of(&stored),
        bytes: stored.payload.len(),
        headers: mask::headers(&stored, true),
        payload: mask::payload(&stored.payload),
    }))
}
