//! Finding the account in a body, the best place first.

use crate::json::{Json, Object, field, int};
use crate::model::Account;

/// Objects that carry an `account` of their own in one event or another.
pub(super) const CARRIERS: [&str; 5] =
    ["conversation", "current_conversation", "sender", "user", "contact"];

/// The account at the top, or of a nested object, or the `account_id` of a message.
pub(super) fn find(body: &Object<'_>) -> Option<Account> {
    let nested = || CARRIERS.iter().filter_map(|key| body.get(key));
    // `super::peek` looks in the same order.
    named(body.get("account"))
        .or_else(|| nested().find_map(|value| named(field(value, "account"))))
        .or_else(|| {
            let id = id_beside(body.get("account_id"), body.get("messages")).or_else(|| {
                nested().find_map(|value| {
                    id_beside(field(value, "account_id"), field(value, "messages"))
                })
            })?;
            Some(Account { id, name: None })
        })
}

fn named(value: Option<&Json<'_>>) -> Option<Account> {
    let value = value?;
    let name = field(value, "name").and_then(Json::as_str).filter(|name| !name.is_empty());
    Some(Account { id: int(field(value, "id")?)?, name: name.map(str::to_owned) })
}

fn id_beside(account_id: Option<&Json<'_>>, messages: Option<&Json<'_>>) -> Option<i64> {
    account_id.and_then(int).or_else(|| int(field(messages?.as_array()?.first()?, "account_id")?))
}
