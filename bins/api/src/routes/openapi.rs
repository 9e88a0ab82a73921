//! The OpenAPI description, made of the handlers.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use bytes::Bytes;
use domain::Permission;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::security::{
    Http, HttpAuthScheme, OpenIdConnect, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response,
    ResponseBuilder,
};
use utoipa::{Modify, OpenApi};

use super::{activity_position, reference};
use crate::problem::Problem;
use crate::problem::kinds::{KINDS, Kind};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AXIS-AFENDA",
        description = "Conversations, approvals and the activity timeline of a company, by REST, \
                       and their changes live."
    ),
    components(schemas(Problem, events::Announcement, events::Live)),
    modifiers(&Bearer, &NoLicence, &Traced),
    security(("bearer" = [])),
    tags(
        (name = "session", description = "Who you are, and how people sign in"),
        (name = "conversations", description = "Conversations and their messages"),
        (name = "activity", description = "What happened, as a list and live"),
        (name = "approvals", description = "Requests for approval, and the decisions on them"),
        (name = "catalogue", description = "What accounts have besides conversations"),
        (name = "operations", description = "What passes, waits and fails between Chatwoot and here, and its repair"),
        (name = "administration", description = "The tenant, its accounts and API keys, and who did what"),
        (name = "tenants", description = "All tenants, for keys of the installation")
    )
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

/// utoipa takes the licence from the package, which names none.
struct NoLicence;

impl Modify for NoLicence {
    fn modify(&self, document: &mut Document) {
        document.info.license = None;
    }
}

/// Describes what the live stream adds to an announcement.
struct Traced;

impl Modify for Traced {
    fn modify(&self, document: &mut Document) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let Some(RefOr::T(Schema::AllOf(announcement))) = schemas.get_mut("Announcement") else {
            return;
        };
        let id = ObjectBuilder::new().schema_type(Type::String).description(Some(
            "Id of the trace that it is part of, from its cause to the screens; missing if none is known.",
        ));
        let traced = ObjectBuilder::new().schema_type(Type::Object).property("traceId", id);
        announcement.items.push(traced.into());
    }
}

/// Refusals that any request with an `Idempotency-Key` may meet.
const KEY_REFUSALS: [(&str, &str); 2] = [
    ("409", "`under-way`: the same request is being carried out"),
    ("422", "`key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors`"),
];

/// Describes the API as a whole.
pub(super) fn document() -> Document {
    Description::openapi()
}

/// Returns the description as pretty-printed JSON.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    let (_, mut document) = super::documented().split_for_parts();
    complete(&mut document);
    document.to_pretty_json()
}

/// Adds what is true of all operations: each may fail, all in the same way, and each says what its
/// caller must be permitted to do.
fn complete(document: &mut Document) {
    document.components.get_or_insert_default().examples = KINDS
        .iter()
        .map(|kind| {
            let example = ExampleBuilder::new().summary(kind.title).value(Some(kind.example()));
            (kind.code.to_owned(), RefOr::T(example.build()))
        })
        .collect();
    for (path, item) in &mut document.paths.paths {
        let keeps = !SECRET_ANSWERS.iter().any(|secret| path.ends_with(secret));
        if let Some(post) = item.post.as_mut().filter(|_| keeps) {
            post.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            for (status, description) in KEY_REFUSALS {
                let responses = &mut post.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(|| refusal(description));
            }
        }
        if let Some(get) = item.get.as_mut().filter(|_| activity_position::is_at_one(path)) {
            describe_position(get);
        }
        operations(item).for_each(complete_refusals);
    }
}

/// Adds the refusals that an operation has in common with others, and examples to all it has.
fn complete_refusals(operation: &mut Operation) {
    let permissions = permissions(operation);
    let open = is_open(operation);
    let unreadable = unreadable(operation);
    let responses = &mut operation.responses.responses;
    for (status, description) in unreadable {
        responses.entry(status.to_owned()).or_insert_with(|| refusal(description));
    }
    if !open {
        let unknown = refusal("The token is missing or not valid");
        responses.insert("401".to_owned(), unknown);
        let more =
            "The caller makes more requests than it may; `Retry-After` says when to come back";
        responses.insert("429".to_owned(), refusal(more));
        let mut forbidden = forbidden(&permissions);
        if let Some(RefOr::T(own)) = responses.get("403") {
            forbidden = format!("{forbidden}; {}", own.description);
        }
        responses.insert("403".to_owned(), refusal(&forbidden));
    }
    responses.insert("default".to_owned(), refusal("Any other problem: `code` says which"));
    for (status, response) in responses {
        if let RefOr::T(response) = response {
            show_examples(status, response);
        }
    }
}

/// Says why callers who are known may not carry out an operation that needs these permissions.
fn forbidden(permissions: &[String]) -> String {
    let no_tenant = "`no-tenant`: the caller belongs to no tenant, or to several";
    let names = permissions.join("`, `");
    if permissions.is_empty() {
        no_tenant.to_owned()
    } else if permissions.iter().all(|one| is_above_tenants(one)) {
        format!(
            "`forbidden`: the caller is not a key of the installation with the permission `{names}`"
        )
    } else {
        format!("`forbidden`: the caller lacks the permission `{names}`; {no_tenant}")
    }
}

/// Describes an answer that is a problem.
fn refusal(description: &str) -> RefOr<Response> {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refusal = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", problem)
        .build();
    RefOr::T(refusal)
}

/// Says of an answer that is read from the database that it has the header with its place in the stream.
fn describe_position(get: &mut Operation) {
    if let Some(RefOr::T(answer)) = get.responses.responses.get_mut("200")
        && answer.content.contains_key("application/json")
    {
        answer.headers.insert(
            activity_position::POSITION.to_string(),
            RefOr::T(activity_position::described()),
        );
    }
}

/// Says how a request of this operation may be unreadable.
fn unreadable(operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut parameters = operation.parameters.iter().flatten();
    let is_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    let takes_query = parameters.any(is_query);
    let Some(body) = &operation.request_body else {
        return Vec::from_iter(
            takes_query.then_some(("400", "`bad-query`: the query string cannot be read")),
        );
    };
    let takes_forms =
        matches!(body, RefOr::T(body) if body.content.contains_key("multipart/form-data"));
    let text = match (takes_query, takes_forms) {
        (true, _) => "`bad-query`, `bad-json`: the query string or the body cannot be read",
        (false, true) => "`bad-json`, `bad-multipart`: the body cannot be read",
        (false, false) => "`bad-json`: the body cannot be read",
    };
    vec![
        ("400", text),
        ("413", "`too-large`: the body is too large"),
        ("415", "`not-json`: the body has another `Content-Type`"),
    ]
}

/// The operations at one address.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [get, post, put, patch, delete].into_iter().flatten()
}

/// Says where people get their tokens.
fn sign_in(document: &mut Document, discovery: &str) {
    let scheme = SecurityScheme::OpenIdConnect(OpenIdConnect::new(discovery));
    document.components.get_or_insert_default().add_security_scheme("openId", scheme);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let permissions = permissions(operation);
            let of_people =
                !permissions.is_empty() && !permissions.iter().all(|one| is_above_tenants(one));
            if let Some(needs) = operation.security.as_mut().filter(|_| of_people) {
                needs.push(SecurityRequirement::new("openId", permissions));
            }
        }
    }
}

fn is_above_tenants(permission: &str) -> bool {
    permission.parse::<Permission>().is_ok_and(Permission::is_above_tenants)
}

/// Shows what a refusal with this status can look like: an example of each kind that its
/// description names, or else of all kinds with this status.
fn show_examples(status: &str, response: &mut Response) {
    // The status that any operation may answer with.
    let status = if status == "default" { "503" } else { status };
    let kinds = || KINDS.iter().filter(|kind| kind.status.to_string() == status);
    let is_named = |kind: &Kind| response.description.contains(&format!("`{}`", kind.code));
    let any_named = kinds().any(is_named);
    let shown = kinds().filter(|kind| !any_named || is_named(kind));
    let examples = shown.map(|kind| {
        let address = format!("#/components/examples/{}", kind.code);
        (kind.code.to_owned(), RefOr::Ref(Ref::new(address)))
    });
    let examples = examples.collect();
    let content = response.content.get_mut("application/problem+json");
    if let Some(RefOr::T(content)) = content {
        content.examples = examples;
    }
}

/// Addresses where the answer to a POST holds a secret, and so is not stored under an `Idempotency-Key`.
const SECRET_ANSWERS: [&str; 2] = ["/api-keys", "/activity/tickets"];

/// The header that every other POST takes.
fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(255)).build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Your own name for this request, kept for a day. Sent again under the same key, the request is carried \
             out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 \
             `under-way` while the first one is being carried out, and 422 `key-reused` if another request had \
             the key.",
        ))
        .schema(Some(text))
        .build()
}

/// Whether an operation says that anybody may call it.
fn is_open(operation: &Operation) -> bool {
    let nothing = serde_json::Value::Object(serde_json::Map::default());
    let needs = operation.security.iter().flatten();
    needs.map(serde_json::to_value).any(|needs| needs.is_ok_and(|needs| needs == nothing))
}

/// What an operation says that its caller must be permitted to do.
fn permissions(operation: &Operation) -> Vec<String> {
    let schemes = operation.security.iter().flatten().filter_map(|needs| {
        let needs = serde_json::to_value(needs).ok()?;
        serde_json::from_value::<BTreeMap<String, Vec<String>>>(needs).ok()
    });
    schemes.flat_map(BTreeMap::into_values).flatten().collect()
}

/// `/openapi.json` and a page for people, `/docs`.
pub(super) fn routes(document: &Document, discovery: Option<&str>) -> Router {
    let mut document = document.clone();
    complete(&mut document);
    if let Some(discovery) = discovery {
        sign_in(&mut document, discovery);
    }
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let page: &'static str = reference::page(&document).leak();
    let serve_json = async move || ([(header::CONTENT_TYPE, "application/json")], json.clone());
    Router::new()
        .route(&format!("{}/openapi.json", super::BASE), get(serve_json))
        .route(&format!("{}/docs", super::BASE), get(async move || Html(page)))
}
