//! Does the database answer, and is in it what should be?

use std::time::Duration;

use store::Store;

use super::Report;
use crate::Place;
use crate::commands::db;

/// How long it may take to give a sign of life; longer than it takes to find out why it gives none.
const PATIENCE: Duration = Duration::from_secs(15);
/// It reads there which migrations were made.
const GRANT: &str =
    "as the tables' owner: grant select on _sqlx_migrations to the user of DATABASE_URL";
const SERVER: &str = "look after the server that DATABASE_URL names";

/// Looks, and gives the database back if its schema fits.
pub(super) async fn look(report: &mut Report, place: &Place) -> Option<Store> {
    let asked = async {
        let store = Store::connect(&place.store_config()?, "axis")?;
        store::within(PATIENCE, store.ping()).await?;
        anyhow::Ok(())
    };
    report.heard("database", asked.await, SERVER)?;
    report.good("database", "it answers");
    // Not before it answers: one that never does would end this command.
    let opened = place.store().await;
    let denied = opened.as_ref().is_err_and(|error| {
        error.downcast_ref::<store::Error>().is_some_and(store::Error::is_denied)
    });
    let mend = if denied { GRANT } else { "axis migrate" };
    let store = report.heard("schema", opened, mend)?;
    report.good("schema", "it is up to date");
    let warnings = report.heard("tables", db::check::look(&store).await, SERVER)?;
    if warnings.is_empty() {
        report.good("tables", "nothing looks wrong");
    }
    for warning in warnings {
        if warning.urgent {
            report.wrong("tables", warning.what, "axis db check");
        } else {
            report.notice("tables", warning.what);
        }
    }
    Some(store)
}
