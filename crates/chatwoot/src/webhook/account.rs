//! Where a body may name its account, best first.

use serde_json::Value;

use crate::json::{Object, int};
use crate::model::Account;

/// Objects that carry an `account` of their own in one event or another.
pub(super) const CARRIERS: [&str; 5] =
    ["conversation", "current_conversation", "sender", "user", "contact"];

/// The account at the top, or of a nested object, or the `account_id` of a message.
pub(super) fn find(body: &Object) -> Option<Account> {
    let nested = || CARRIERS.iter().filter_map(|key| body.get(key));
    // `super::peek` looks in the same order.
    named(body.get("account"))
        .or_else(|| nested().find_map(|value| named(value.get("account"))))
        .or_else(|| {
            let id = id_beside(body.get("account_id"), body.get("messages")).or_else(|| {
                nested().find_map(|value| id_beside(value.get("account_id"), value.get("messages")))
            })?;
            Some(Account { id, name: None })
        })
}

fn named(value: Option<&Value>) -> Option<Account> {
    let value = value?;
    let name = value.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    Some(Account { id: int(value.get("id")?)?, name: name.map(str::to_owned) })
}

fn id_beside(account_id: Option<&Value>, messages: Option<&Value>) -> Option<i64> {
    account_id.and_then(int).or_else(|| int(messages?.get(0)?.get("account_id")?))
}
