//! Creating a label.

use axum::extract::State;
use axum::response::Response;
use chatwoot::CallError;
use chatwoot::client::catalogue::{Label as Chatwoots, NewLabel};
use chrono::Utc;
use domain::AccountKey;
use domain::catalogue::Label;
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

/// Longest title, in characters.
const LONGEST_TITLE: usize = 255;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;

/// A label to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct CreateLabel {
    /// What conversations name it by: letters, digits, `-` and `_`. Chatwoot turns capitals into
    /// lower-case letters.
    #[schema(min_length = 1, max_length = 255, example = "late-parcel")]
    title: String,
    /// What the label is for.
    #[schema(max_length = 2_000)]
    description: Option<String>,
    /// Its colour as `#rrggbb`. If not given, Chatwoot chooses.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$", example = "#1f93ff")]
    color: Option<String>,
    /// Whether Chatwoot's own screen lists it; false if not given.
    show_on_sidebar: Option<bool>,
    /// The Chatwoot account to create it in. May be left out if there is only one.
    account_id: Option<AccountKey>,
}

/// Create a label in Chatwoot. Conversations can bear it by the time this is answered.
///
/// Asked for again, it is not created twice: if it is already there exactly so, the answer is 200.
#[utoipa::path(
    post, path = "/labels", tag = "catalogue",
    security(("bearer" = ["catalogue:manage"])),
    request_body = CreateLabel,
    responses(
        (status = 201, description = "The label, which Chatwoot has created", body = Label),
        (status = 200, description = "The label, which was there already", body = Label),
        (status = 404, description = "There is no such account", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`taken`: another one has this title, see `current`; `under-way`: the same request \
         is being carried out", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields hold values that they may not: see `errors`", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "`refused`: Chatwoot refuses it", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(in crate::routes) async fn create_label(
    State(app): State<App>,
    principal: May<ManageCatalogue>,
    key: Key,
    extract::Json(asked): extract::Json<CreateLabel>,
) -> Result<Response, ApiError> {
    let asked = asked.checked()?;
    catalogue::create(&app, &principal, key, &asked).await
}

impl CreateLabel {
    /// Checks the fields. Returns the label with its title as Chatwoot will have it.
    fn checked(mut self) -> Result<Self, ApiError> {
        let mut faults = Faults::default();
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let length = self.title.chars().count();
        let fits = (1..=LONGEST_TITLE).contains(&length) && self.title.chars().all(fits);
        let message = format!("must have 1 to {LONGEST_TITLE} letters, digits, `-` or `_`");
        faults.check("title", fits, message);
        if let Some(text) = &self.description {
            faults.text("description", text, 0..=LONGEST_DESCRIPTION);
        }
        let is_color = |color: &str| {
            let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
            digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        };
        let fits = self.color.as_deref().is_none_or(is_color);
        faults.check("color", fits, "must be `#` and 6 hexadecimal digits");
        faults.done()?;
        self.title = self.title.to_lowercase();
        Ok(self)
    }
}

impl Wanted for CreateLabel {
    type Thing = Label;
    const ACTION: &'static str = "labels create";
    const NAME: &'static str = "title";

    fn account(&self) -> Option<AccountKey> {
        self.account_id
    }

    async fn find(&self, place: &Place) -> Result<Option<Label>, CallError> {
        let labels = place.client.list_labels().await?;
        let found = labels.into_iter().find(|label| label.title.to_lowercase() == self.title);
        Ok(found.map(|label| shown(label, place)))
    }

    async fn make(&self, place: &Place) -> Result<Label, CallError> {
        let new = NewLabel {
            title: self.title.clone(),
            description: self.description.clone(),
            color: self.color.clone(),
            show_on_sidebar: self.show_on_sidebar.unwrap_or_default(),
        };
        Ok(shown(place.client.create_label(&new).await?, place))
    }

    /// What was not asked for may be anything.
    fn is(&self, made: &Label) -> bool {
        let described = made.description.as_deref().unwrap_or_default();
        let color = made.color.as_deref().unwrap_or_default();
        let listed = made.show_on_sidebar.unwrap_or_default();
        self.description.as_deref().is_none_or(|text| text == described)
            && self.color.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(color))
            && self.show_on_sidebar.is_none_or(|wanted| wanted == listed)
    }

    fn field(attribute: &str) -> Option<&'static str> {
        match attribute {
            "title" => Some("title"),
            "description" => Some("description"),
            "color" => Some("color"),
            "show_on_sidebar" => Some("showOnSidebar"),
            _ => None,
        }
    }

    async fn keep(
        connection: &mut PgConnection,
        owner: &Owner,
        thing: &Label,
    ) -> Result<Label, store::Error> {
        store::catalogue::add_label(connection, owner, thing).await
    }

    fn target(thing: &Label) -> String {
        format!("label {}", thing.chatwoot_id)
    }
}

fn shown(label: Chatwoots, place: &Place) -> Label {
    Label {
        account_id: place.owner.account,
        chatwoot_id: label.id,
        title: label.title,
        description: label.description,
        color: label.color,
        show_on_sidebar: label.show_on_sidebar,
        updated_at: Utc::now(),
    }
}
