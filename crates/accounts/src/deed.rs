//! What the audit holds of what is done to accounts: written in the transaction that does it.

use serde_json::{Value, json};
use store::accounts::{Account, Shown};
use store::audit::Entry;
use store::{Error, PgConnection};

/// Makes the audit's row of the account and of what it was and is: whoever acts knows who they are,
/// and what they call it. None: it is what a program was started with.
pub type Deed<'a> = Option<&'a (dyn Fn(&Account, Value) -> Entry + Sync)>;

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

/// Writes down what was done. No secret is among it.
pub(crate) async fn write(
    connection: &mut PgConnection,
    deed: Deed<'_>,
    account: &Account,
    before: Option<Shown>,
    mut details: Value,
) -> Result<(), Error> {
    let Some(deed) = deed else { return Ok(()) };
    details["before"] = json!(before);
    details["after"] = json!(shown(&mut *connection, account).await?);
    store::audit::record(connection, &deed(account, details)).await?;
    Ok(())
}
