//! Sending a dead letter to the workers again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bus::RedriveError;

use super::{ActOnDeadLetter, DeadLetter, DeadLetterActedOn, DeadLetterId, Outcome, Own, find};
use crate::App;
use crate::auth::{May, RedriveDeadLetters};
use crate::error::ApiError;
use crate::extract::{Id, Json};
use crate::idempotency::{Begun, Key};
use crate::problem::Problem;

/// Send a dead letter to the workers again, once its cause is fixed.
///
/// It is applied only once, however often it is sent. If it dies again, it is a new dead letter.
#[utoipa::path(
    post, path = "/operations/dead-letters/{id}/redrive", tag = "operations",
    security(("bearer" = ["dead-letters:redrive"])),
    params(("id" = DeadLetterId, Path, description = "The dead letter")),
    request_body = ActOnDeadLetter,
    responses(
        (status = 200, description = "What became of the dead letter, or would", body = DeadLetterActedOn),
        (status = 404, description = "There is no dead letter with this id, or not any more", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`not-redrivable`: its stream will never take it; `under-way`: the same request is \
         being carried out", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn redrive_dead_letter(
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
        outcome: Outcome::WouldBeSent,
        sequence: None,
        dry_run: asked.dry_run,
    };
    if !asked.dry_run {
        let begun = done.dead_letter.begin(&app, &principal, "dead-letters redrive").await?;
        match app.bus.dead_letters().redrive(&stored).await {
            Ok(redriven) => {
                done.sequence = Some(redriven.sequence);
                done.outcome = match (redriven.duplicate, redriven.removed) {
                    (false, _) => Outcome::Sent,
                    (true, true) => Outcome::SentBefore,
                    (true, false) => Outcome::Gone,
                };
                begun.end(work.connection(), 1, "done").await?;
            }
            Err(error) => {
                begun.end_at_last(&app.store, 0, "failed").await;
                return Err(refused(error));
            }
        }
    }
    work.finish(StatusCode::OK, None, &done).await
}

fn refused(error: RedriveError) -> ApiError {
    match error {
        RedriveError::Publish(error) if error.is_permanent() => ApiError::NotRedrivable,
        error => ApiError::NoBus(error.into()),
    }
}
