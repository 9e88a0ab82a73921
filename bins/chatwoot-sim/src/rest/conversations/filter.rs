//! `POST /conversations/filter`.

use axum::Json;
use axum::extract::{Query as Pairs, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bodies::rest;
use crate::model::Conversation;
use crate::rest::caller::Caller;
use crate::rest::params::{Params, Query, page_of};
use crate::rest::refusal::Refusal;
use crate::sim::Sim;

/// One line of the filter; `query_operator` joins it to the next.
#[derive(Debug, Deserialize)]
struct Condition {
    attribute_key: String,
    filter_operator: String,
    #[serde(default)]
    values: Vec<Value>,
    #[serde(default)]
    query_operator: Option<String>,
}

pub(crate) async fn handle(
    State(sim): State<Sim>,
    Caller(caller): Caller,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    params: Params,
) -> Result<Json<Value>, Refusal> {
    let payload = params.get("payload").cloned().unwrap_or_default();
    let conditions: Vec<Condition> = serde_json::from_value(payload)
        .map_err(|_| Refusal::Unprocessable("Invalid payload".to_owned()))?;
    conditions.iter().try_for_each(check)?;
    let world = sim.world();
    let account = world.account(caller.account)?;
    let rows = account.conversations.values();
    let mut rows: Vec<&Conversation> =
        rows.filter(|row| caller.sees(&world, row) && passes(row, &conditions)).collect();
    let mine = rows.iter().filter(|row| row.assignee_id == Some(caller.user_id())).count();
    let assigned = rows.iter().filter(|row| row.assignee_id.is_some()).count();
    let meta = json!({
        "mine_count": mine,
        "assigned_count": assigned,
        "unassigned_count": rows.len() - assigned,
        "all_count": rows.len(),
    });
    super::list::sort(&mut rows, None);
    let page = page_of(rows, Query::new(pairs).page(), super::list::PAGE);
    let payload: Vec<Value> =
        page.into_iter().map(|row| rest::conversation(&world, account, row)).collect();
    Ok(Json(json!({ "meta": meta, "payload": payload })))
}

const OPERATORS: [&str; 8] = [
    "equal_to",
    "not_equal_to",
    "contains",
    "does_not_contain",
    "is_present",
    "is_not_present",
    "is_greater_than",
    "is_less_than",
];

fn check(condition: &Condition) -> Result<(), Refusal> {
    if OPERATORS.contains(&condition.filter_operator.as_str()) {
        return Ok(());
    }
    let Condition { attribute_key, filter_operator, .. } = condition;
    Err(Refusal::Unprocessable(format!(
        "Invalid operator {filter_operator} for the attribute {attribute_key}"
    )))
}

/// Evaluates the conditions from left to right, without precedence.
fn passes(row: &Conversation, conditions: &[Condition]) -> bool {
    let mut result = true;
    let mut or = false;
    for condition in conditions {
        let holds = holds(row, condition);
        result = if or { result || holds } else { result && holds };
        or = condition.query_operator.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("or"));
    }
    result
}

fn holds(row: &Conversation, condition: &Condition) -> bool {
    let has = values_of(row, &condition.attribute_key);
    let wanted: Vec<String> = condition.values.iter().map(text).collect();
    let any_status = condition.attribute_key == "status" && wanted.iter().any(|v| v == "all");
    let equal = || any_status || has.iter().any(|value| wanted.contains(value));
    let contains = || has.iter().any(|value| wanted.iter().any(|part| value.contains(part)));
    match condition.filter_operator.as_str() {
        "equal_to" => equal(),
        "not_equal_to" => !equal(),
        "contains" => contains(),
        "does_not_contain" => !contains(),
        "is_present" => !has.is_empty(),
        "is_not_present" => has.is_empty(),
        "is_greater_than" => has.first() > wanted.first(),
        _ => has.first().is_some_and(|value| wanted.first().is_some_and(|than| value < than)),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn values_of(row: &Conversation, key: &str) -> Vec<String> {
    let id = |id: Option<i64>| id.map(|id| id.to_string()).into_iter().collect();
    match key {
        "status" => vec![row.status.clone()],
        "priority" => row.priority.iter().cloned().collect(),
        "assignee_id" => id(row.assignee_id),
        "team_id" => id(row.team_id),
        "inbox_id" => id(Some(row.inbox_id)),
        "display_id" | "id" => id(Some(row.display_id)),
        "contact_id" => id(Some(row.contact_id)),
        "labels" => row.labels.clone(),
        // Days, which sort as text.
        "created_at" => vec![row.created_at.format("%Y-%m-%d").to_string()],
        "last_activity_at" => vec![row.last_activity_at.format("%Y-%m-%d").to_string()],
        other => row.custom_attributes.get(other).map(text).into_iter().collect(),
    }
}
