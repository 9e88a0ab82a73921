//! Does the database answer, and does it hold what it should?

use std::time::Duration;

use store::Store;

use super::{Report, tls};
use crate::Place;
use crate::commands::db;
use crate::place::{SERVER, UP, advice};

/// How long the database may take to answer: longer than it takes to find out why it does not.
const PATIENCE: Duration = Duration::from_secs(15);

const VERIFY: &str = "Write ?sslmode=verify-full into DATABASE_URL and DATABASE_DIRECT_URL";

/// Checks the database. Returns it if its schema fits.
pub(super) async fn look(report: &mut Report, place: &Place) -> Option<Store> {
    let config = report.heard("database", place.store_config(), UP)?;
    let unverified = report.heard("database", config.unverified(), SERVER)?;
    tls::look(report, "database", unverified, VERIFY).await;
    let asked = async {
        let store = Store::connect(&config, "axis")?;
        store::within(PATIENCE, store.ping()).await?;
        anyhow::Ok(())
    };
    report.heard("database", asked.await, SERVER)?;
    report.good("database", "it answers");
    // Only after it has answered: for a database that never answers, this command would be ended.
    let store = report.heard("database", place.watched(), SERVER)?;
    let fits = store.require_schema().await;
    let mend = match &fits {
        Err(store::Error::Roles(_)) => {
            "create the roles and the programs' users, then restore the dump again"
        }
        fits => fits.as_ref().err().and_then(advice).unwrap_or("axis migrate"),
    };
    report.heard("schema", fits, mend)?;
    report.good("schema", "it is up to date");
    let warnings = report.heard("tables", db::check::look(&store).await, SERVER)?;
    if warnings.is_empty() {
        report.good("tables", "nothing looks wrong");
    }
    for warning in warnings {
        match warning.mend {
            Some(mend) => report.wrong("tables", warning.what, mend),
            None => report.notice("tables", warning.what),
        }
    }
    Some(store)
}
