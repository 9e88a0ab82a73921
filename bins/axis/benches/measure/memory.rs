//! What each program occupies when it has nothing to do.

use std::time::Duration;

use crate::arguments::{Part, Scale};
use crate::report::{Budget, Row, Unit};
use crate::stage::{Stage, TENANT, resident_mib};

/// Time for a program to finish starting.
const SETTLE: Duration = Duration::from_secs(3);

pub async fn measure(_scale: Scale) -> anyhow::Result<Vec<Row>> {
    let stage = Stage::start().await?;
    let account = stage.account(TENANT, 1).await?;
    let programs = [
        ("webhook-receiver", stage.receiver(&[&account]).await?),
        ("sync-worker", stage.program("sync-worker").await),
        ("outbound-worker", stage.program("outbound-worker").await),
        ("api", stage.program("api").await),
    ];
    tokio::time::sleep(SETTLE).await;
    let mut rows = Vec::new();
    for (name, program) in &programs {
        let row =
            Row::new(Part::Memory, format!("{name}, idle"), Unit::MiB, resident_mib(program)?);
        rows.push(if *name == "webhook-receiver" { row.within(Budget::AtMost(25.0)) } else { row });
    }
    Ok(rows)
}
