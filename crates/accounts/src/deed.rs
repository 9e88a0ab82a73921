//! What is written down of what is done to accounts, in the transaction that does it: a row of the audit
//! and, for whoever named their request, the answer to it.

use std::time::Duration;

use serde_json::{Value, json};
use store::accounts::{Account, Shown};
use store::audit::Entry;
use store::idempotency::{Answer, Request};
use store::{Error, PgConnection};

/// Whoever does something to an account. None: it is what a program was started with.
pub type Deed<'a> = Option<&'a dyn Actor>;

/// Knows who acts, and what they call it.
pub trait Actor: Sync {
    /// The audit's row of the account and of what it was and is.
    fn entry(&self, account: &Account, details: Value) -> Entry;

    /// The answer for whoever asks for the same once more, if they named their request.
    fn answer(&self, _after: &Shown) -> Option<Kept<'_>> {
        None
    }
}

/// An answer to be given again.
#[derive(Debug, Clone)]
pub struct Kept<'a> {
    /// To this request.
    pub request: Request<'a>,
    /// What it is answered.
    pub answer: Answer,
    /// For so long.
    pub keep: Duration,
}

impl<F: Fn(&Account, Value) -> Entry + Sync> Actor for F {
    fn entry(&self, account: &Account, details: Value) -> Entry {
        self(account, details)
    }
}

/// The account as people see it, in the words of the audit.
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

/// Writes down what was done, last in its transaction. No secret is among it.
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
    // Answers are their tenant's own: no worker may write any.
    store::confine(&mut *connection, &account.tenant).await?;
    store::idempotency::keep(connection, &kept.request, &kept.answer, kept.keep).await
}
