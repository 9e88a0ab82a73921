//! `axis db restored`

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use store::{high_water, outbox};

use crate::audit::{Act, Operator};
use crate::{Answer, Place};

/// That it is meant.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Confirm that the steps of docs/operations.md before this one are done
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    operator: Operator,
}

/// Confirms that the database is a copy, and has learnt what it can of what happened since.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    let (store, bus) = (place.store().await?, place.bus().await?);
    let mark = bus.high_water().read().await?;
    if !arguments.yes {
        bail!(
            "outbound workers will carry out what waits in this database, and every screen will load again: do \
             first what docs/operations.md (\"Backup and restore\") says, then pass --yes to confirm"
        );
    }
    // First, since it does no harm if what follows fails.
    bus.begin_activity_epoch().await.context("having screens load again")?;
    let mut transaction = store.worker().await?;
    let before = high_water::number(&mut transaction).await?;
    let waiting = outbox::doubt_all(&mut transaction).await?;
    high_water::confirm(&mut transaction, mark.number).await?;
    let facts = json!({ "number": before, "known": mark.number, "waiting": waiting });
    let act = Act::new("db restored", "the database");
    arguments.operator.did(&mut transaction, &act, facts.clone()).await?;
    store::commit(transaction).await?;
    let older = if before < mark.number {
        "it is older than what was carried out"
    } else {
        "nothing is known to have been carried out that it lacks"
    };
    let text = format!(
        "the database is confirmed ({older}): outbound workers go on within a minute, and look up {waiting} of \
         the commands that wait before they send anything again; screens load again"
    );
    Answer::new(text, &facts)
}
