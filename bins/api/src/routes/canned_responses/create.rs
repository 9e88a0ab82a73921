//! Creating a canned response.

use axum::extract::State;
use axum::response::Response;
use chatwoot::CallError;
use chatwoot::client::catalogue::CannedResponse as Chatwoots;
use chrono::Utc;
use domain::AccountKey;
use domain::catalogue::CannedResponse;
use serde::Deserialize;
use store::PgConnection;
use store::catalogue::Owner;

use crate::App;
use crate::auth::{ManageCatalogue, May};
use crate::error::ApiError;
use crate::extract;
use crate::idempotency::Key;
use crate::problem::{Faults, Problem};
use crate::routes::catalogue::{self, Place, Wanted};

/// Longest short code, in characters.
const LONGEST_SHORT_CODE: usize = 255;
/// Longest text, in characters.
const LONGEST_TEXT: usize = 20_000;

/// A canned response to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateCannedResponse {
    /// What an agent types to get it. Must not be blank, nor begin or end with a blank.
    #[schema(min_length = 1, max_length = 255, example = "parcel")]
    short_code: String,
    /// The text; not only blanks.
    #[schema(min_length = 1, max_length = 20_000, example = "Your parcel left today.")]
    content: String,
    /// The Chatwoot account to create it in. May be left out if there is only one.
    account_id: Option<AccountKey>,
}

/// Create a canned response in Chatwoot.
///
/// It is there by the time this is answered. Asked for again, it is not created twice: if it is
/// already there exactly so, the answer is 200.
#[utoipa::path(
    post, path = "/canned-responses", tag = "catalogue",
    security(("bearer" = ["catalogue:manage"])),
    request_body = CreateCannedResponse,
    responses(
        (status = 201, description = "The canned response, which Chatwoot has created", body = CannedResponse),
        (status = 200, description = "The canned response, which was there already", body = CannedResponse),
        (status = 404, description = "There is no such account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`taken`: another one has this short code, see `current`; `under-way`: the same \
         request is being carried out", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "`refused`: Chatwoot refuses it", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_canned_response(
    State(app): State<App>,
    principal: May<ManageCatalogue>,
    key: Key,
    extract::Json(asked): extract::Json<CreateCannedResponse>,
) -> Result<Response, ApiError> {
    asked.check()?;
    catalogue::create(&app, &principal, key, &asked).await
}

impl CreateCannedResponse {
    fn check(&self) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        let code = &self.short_code;
        faults.text("shortCode", code, 1..=LONGEST_SHORT_CODE);
        let bare = code.trim().is_empty() || code.trim() == code;
        faults.check("shortCode", bare, "must not begin or end with a blank");
        faults.text("content", &self.content, 1..=LONGEST_TEXT);
        faults.done()
    }
}

impl Wanted for CreateCannedResponse {
    type Thing = CannedResponse;
    const ACTION: &'static str = "canned-responses create";
    const NAME: &'static str = "shortCode";

    fn account(&self) -> Option<AccountKey> {
        self.account_id
    }

    async fn find(&self, place: &Place) -> Result<Option<CannedResponse>, CallError> {
        let responses = place.client.list_canned_responses().await?;
        let found = responses.into_iter().find(|response| response.short_code == self.short_code);
        Ok(found.map(|response| shown(response, place)))
    }

    async fn make(&self, place: &Place) -> Result<CannedResponse, CallError> {
        let made = place.client.create_canned_response(&self.short_code, &self.content).await?;
        Ok(shown(made, place))
    }

    fn is(&self, made: &CannedResponse) -> bool {
        made.content == self.content
    }

    fn field(attribute: &str) -> Option<&'static str> {
        match attribute {
            "short_code" => Some("shortCode"),
            "content" => Some("content"),
            _ => None,
        }
    }

    async fn keep(
        connection: &mut PgConnection,
        owner: &Owner,
        thing: &CannedResponse,
    ) -> Result<CannedResponse, store::Error> {
        store::catalogue::add_canned_response(connection, owner, thing).await
    }

    fn target(thing: &CannedResponse) -> String {
        format!("canned response {}", thing.chatwoot_id)
    }
}

fn shown(response: Chatwoots, place: &Place) -> CannedResponse {
    CannedResponse {
        account_id: place.owner.account,
        chatwoot_id: response.id,
        short_code: response.short_code,
        content: response.content,
        updated_at: response.updated_at.unwrap_or_else(Utc::now),
    }
}
