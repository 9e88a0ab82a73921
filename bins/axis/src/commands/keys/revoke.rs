//! `axis keys revoke`

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;
use domain::ApiKeyId;
use serde_json::json;
use store::api_keys::ApiKey;

use super::value;
use crate::answer::in_line;
use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which key.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Id of the key, as `axis keys list` shows it; not the key itself
    id: ApiKeyId,

    /// Revoke the keys that it created too, those that these created, and so on
    #[arg(long)]
    with_created: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Revokes a key, and says which of those that it created are still valid.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (store, id) = (place.store().await?, arguments.id);
    let mut transaction = store.worker().await?;
    let Some(key) = store::api_keys::get(&mut transaction, id).await? else {
        bail!("there is no key {id}: see `axis keys list`");
    };
    let revoked = store::api_keys::revoke(&mut transaction, id).await?;
    let mut also = Vec::new();
    if arguments.with_created {
        also = store::api_keys::revoke_created(&mut transaction, id).await?;
    }
    let left = store::api_keys::created_by(&mut transaction, id).await?;
    for one in revoked.then_some(&key).into_iter().chain(&also) {
        let act = Act {
            tenant: one.tenant.clone(),
            ..Act::new("api-keys revoke", format!("api key {}", one.id))
        };
        let details = json!({ "before": value(one) });
        arguments.operator.did(&mut transaction, &act, details).await?;
    }
    store::commit(transaction).await?;
    let mut text = format!("key {id} is revoked{}", if revoked { "" } else { ", as before" });
    for ApiKey { id, name, created_by, .. } in &also {
        let (name, created_by) = (in_line(name), in_line(created_by));
        write!(text, "\nso is {id} ({name}), created by {created_by}")?;
    }
    for ApiKey { id, name, created_by, .. } in &left {
        let (name, created_by) = (in_line(name), in_line(created_by));
        write!(
            text,
            "\n{id} ({name}), created by {created_by}, stays valid without --with-created"
        )?;
    }
    let [also, left]: [Vec<_>; 2] = [also, left].map(|keys| keys.iter().map(value).collect());
    Answer::new(text, &json!({ "id": id, "revoked": revoked, "also": also, "left": left }))
}
