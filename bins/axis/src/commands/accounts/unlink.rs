//! `axis accounts unlink`

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::audit::Operator;
use crate::{Answer, Place};

/// Whose token.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account: its key, or its number if that is enough
    #[arg(long, value_name = "KEY OR NUMBER")]
    account: String,

    /// The person, as `axis accounts links` names them
    #[arg(long, value_name = "ID")]
    member: String,

    #[command(flatten)]
    operator: Operator,
}

/// Deletes somebody's own token.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let store = place.store().await?;
    let account = accounts::find(store::accounts::all(&store).await?, &arguments.account)?;
    let member = &arguments.member;
    let mut transaction = store.worker().await?;
    if !store::links::remove(&mut transaction, account.id, member).await? {
        bail!("{member} has linked no token to this account: see `axis accounts links`");
    }
    let deed = arguments.operator.deed("accounts unlink");
    let entry = deed(&account, json!({ "member": member }));
    store::audit::record(&mut transaction, &entry).await?;
    store::commit(transaction).await?;
    let number = account.chatwoot_account_id;
    let text = format!("what {member} writes goes out with the token of account {number}");
    Answer::new(text, &json!({ "member": member, "unlinked": true }))
}
