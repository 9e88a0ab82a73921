//! `axis migrate`

use std::io::Write as _;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;
use store::{Config, Wait};

use crate::place::advised;
use crate::{Answer, Place};

/// How long to try to change tables that others are using.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// How long to try.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Seconds for which to try again if somebody is using a table that has to be changed, as a
    /// backup does. Each try keeps others waiting for a second at most
    #[arg(
        long,
        default_value_t = PATIENCE.as_secs(),
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(0..=86_400)
    )]
    patience: u64,
}

/// Brings the schema up to date.
pub async fn run(arguments: &Arguments, place: &Place) -> anyhow::Result<Answer> {
    place.watched()?;
    let patience = Duration::from_secs(arguments.patience);
    let tell = |what: &str| {
        // If standard error is closed, there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "axis: {what}");
    };
    let migrations = migrate(&place.store_config()?, patience, tell).await?;
    let text = format!("the schema is up to date: {migrations} migrations");
    Answer::new(text, &json!({ "migrations": migrations }))
}

/// Brings the schema up to date, and tells in words what it waits for.
pub(crate) async fn migrate(
    config: &Config,
    patience: Duration,
    tell: impl Fn(&str),
) -> anyhow::Result<usize> {
    let told = |wait| {
        tell(match wait {
            Wait::Turn => "waiting for another program, which is bringing the schema up to date",
            Wait::Table => "somebody is using a table that has to be changed: trying again",
        });
    };
    match store::migrate_within(config, patience, told).await {
        Err(error @ store::Error::Conflict(_)) => Err(anyhow!(
            "somebody keeps using a table that has to be changed, as a backup does: when that has ended, \
             bring the schema up to date again (`axis migrate`). What was done stays done. ({error})"
        )),
        migrated => migrated.map_err(advised),
    }
}
