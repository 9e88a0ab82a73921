//! Removing a dead letter.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{ActOnDeadLetter, DeadLetter, DeadLetterActedOn, DeadLetterId, Outcome, Own, find};
use crate::App;
use crate::auth::{May, RedriveDeadLetters};
use crate::error::ApiError;
use crate::extract::{Id, Json};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;

/// Remove a dead letter that will never be processed. This cannot be undone.
#[utoipa::path(
    post, path = "/operations/dead-letters/{id}/drop", tag = "operations",
    security(("bearer" = ["dead-letters:redrive"])),
    params(("id" = DeadLetterId, Path, description = "The dead letter")),
    request_body = ActOnDeadLetter,
    responses(
        (status = 200, description = "What became of the dead letter, or would", body = DeadLetterActedOn),
        (status = 404, description = "There is no dead letter with this id, or not any more", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn drop_dead_letter(
    State(app): State<App>,
    principal: May<RedriveDeadLetters>,
    Id(id): Id<DeadLetterId>,
    key: Key,
    Json(asked): Json<ActOnDeadLetter>,
) -> Result<Response, ApiError> {
    let _room = app.asking(&principal.tenant)?;
    let mut work = match key.begin(&app, &principal).await? {
        Begun::Fresh(work) => work,
        Begun::Answered(answer) => return Ok(answer),
    };
    let own = Own::of(work.connection(), &principal).await?;
    let stored = find(&app, &own, id).await?;
    let mut done = DeadLetterActedOn {
        dead_letter: DeadLetter::of(&stored),
        outcome: Outcome::WouldBeDropped,
        sequence: None,
        dry_run: asked.dry_run,
    };
    if !asked.dry_run {
        let begun = done.dead_letter.begin(&app, &principal, "dead-letters drop").await?;
        match app.bus.dead_letters().drop(stored.sequence).await {
            Ok(dropped) => {
                done.outcome = if dropped { Outcome::Dropped } else { Outcome::Gone };
                begun.end(work.connection(), u64::from(dropped), "done").await?;
            }
            Err(error) => {
                begun.end_at_last(&app.store, 0, "failed").await;
                return Err(error.into());
            }
        }
    }
    work.finish(StatusCode::OK, None, &done).await
}
