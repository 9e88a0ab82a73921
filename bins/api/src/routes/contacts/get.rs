//! One contact.

use axum::Json;
use axum::extract::State;
use domain::{Contact, ContactId};

use crate::App;
use crate::auth::{May, ReadConversations};
use crate::error::ApiError;
use crate::extract::Id;
use crate::problem::Problem;

/// Read a contact.
///
/// Its conversations are at `GET /conversations?contactId=…`.
#[utoipa::path(
    get, path = "/contacts/{id}", tag = "catalogue",
    security(("bearer" = ["conversations:read"])),
    params(("id" = ContactId, Path, description = "The contact")),
    responses(
        (status = 200, description = "The contact", body = Contact),
        (status = 404, description = "There is no contact with this id, or not any more", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn get_contact(
    State(app): State<App>,
    principal: May<ReadConversations>,
    Id(id): Id<ContactId>,
) -> Result<Json<Contact>, ApiError> {
    let mut transaction = app.tenant(&principal.tenant).await?;
    let contact = store::contacts::get(&mut transaction, id).await?;
    Ok(Json(contact.ok_or(ApiError::NotFound("contact"))?))
}
