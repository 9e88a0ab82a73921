//! Listing what the caller has linked.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::{Link, require_person};
use crate::App;
use crate::auth::Known;
use crate::error::ApiError;
use crate::problem::Problem;

/// The tenant's accounts, and which of their users the caller is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::routes) struct LinkList {
    data: Vec<Link>,
}

/// List the tenant's Chatwoot accounts, and as which of their users your replies and notes go out.
///
/// Any person may do this.
#[utoipa::path(
    get, path = "/me/links", tag = "session",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The connected accounts, each with your user if you have linked one",
         body = LinkList),
        (status = 403, description = "`people-only`: an API key is no user in Chatwoot", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn list_links(
    State(app): State<App>,
    Known(caller): Known,
) -> Result<Json<LinkList>, ApiError> {
    require_person(&caller)?;
    let mut transaction = app.tenant(&caller.tenant).await?;
    let shown = store::accounts::shown(&mut transaction, &caller.tenant, None).await?;
    let mut linked = store::links::of_member(&mut transaction, &caller.id).await?;
    let served = shown.into_iter().filter(|account| account.disconnected_at.is_none());
    let data = served.map(|account| {
        let place = linked.iter().position(|link| link.account == account.id);
        let link = place.map(|place| linked.swap_remove(place));
        Link::new(account, link)
    });
    Ok(Json(LinkList { data: data.collect() }))
}
