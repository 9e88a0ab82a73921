//! What is recorded about each change to an account, in the same transaction: an entry of the audit and, for a request
//! with an idempotency key, its answer.

use std::time::Duration;

use serde_json::{Value, json};
use store::accounts::{Account, Shown};
use store::audit::Entry;
use store::idempotency::{Answer, Request};
use store::{Error, PgConnection};

/// Who changes an account; `None` if it follows from what a program was started with, which is not recorded.
pub type Deed<'a> = Option<&'a dyn Actor>;

/// Somebody who changes accounts.
pub trait Actor: Sync {
    /// The audit's entry for a change to the account; `details` has what it was before and after.
    fn entry(&self, account: &Account, details: Value) -> Entry;

    /// The answer to store, if the request has an idempotency key.
    fn answer(&self, _after: &Shown) -> Option<Kept<'_>> {
        None
    }
}

/// An answer to be stored.
#[derive(Debug, Clone)]
pub struct Kept<'a> {
    /// The request that it answers.
    pub request: Request<'a>,
    /// The answer.
    pub answer: Answer,
    /// How long to keep it.
    pub keep: Duration,
}

impl<F: Fn(&Account, Value) -> Entry + Sync> Actor for F {
    fn entry(&self, account: &Account, details: Value) -> Entry {
        self(account, details)
    }
}

/// The account as people see it, for the audit.
pub(crate) async fn shown(
    connection: &mut PgConnection,
    account: &Account,
) -> Result<Option<Shown>, Error> {
    let all = store::accounts::shown(connection, &account.tenant, None).await?;
    let is_it = |one: &Shown| {
        one.base_url == account.base_url && one.chatwoot_account_id == account.chatwoot_account_id
    };
    Ok(all.into_iter().find(is_it))
}

/// Records a change, as the last step of its transaction. The entry holds no secrets.
pub(crate) async fn write(
    connection: &mut PgConnection,
    deed: Deed<'_>,
    account: &Account,
    before: Option<Shown>,
    mut details: Value,
) -> Result<(), Error> {
    let Some(deed) = deed else { return Ok(()) };
    let after = shown(&mut *connection, account).await?;
    details["before"] = json!(before);
    details["after"] = json!(after);
    store::audit::record(&mut *connection, &deed.entry(account, details)).await?;
    let Some(kept) = after.as_ref().and_then(|after| deed.answer(after)) else { return Ok(()) };
    // Answers belong to their tenant, and a worker's role may not write them.
    store::confine(&mut *connection, &account.tenant).await?;
    store::idempotency::keep(connection, &kept.request, &kept.answer, kept.keep).await
}
