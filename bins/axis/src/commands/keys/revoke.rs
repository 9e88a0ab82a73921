//! `axis keys revoke`

use anyhow::bail;
use clap::Args;
use domain::ApiKeyId;
use serde_json::json;

use super::value;
use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// Which key.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Id of the key, as `axis keys list` shows it; not the key itself
    id: ApiKeyId,

    #[command(flatten)]
    operator: Operator,
}

/// Revokes a key.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (store, id) = (place.store().await?, arguments.id);
    let mut transaction = store.worker().await?;
    let Some(key) = store::api_keys::get(&mut transaction, id).await? else {
        bail!("there is no key {id}: see `axis keys list`");
    };
    let revoked = store::api_keys::revoke(&mut transaction, id).await?;
    if revoked {
        let act = Act {
            tenant: key.tenant.clone(),
            ..Act::new("api-keys revoke", format!("api key {id}"))
        };
        let details = json!({ "before": value(&key) });
        arguments.operator.did(&mut transaction, &act, details).await?;
    }
    store::commit(transaction).await?;
    let text = format!("key {id} is revoked{}", if revoked { "" } else { ", as before" });
    Answer::new(text, &json!({ "id": id, "revoked": revoked }))
}
