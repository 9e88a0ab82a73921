//! Opens conversations that were snoozed until a time, once it has come.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::model::World;
use crate::sim::Sim;

/// How often to look. The original does so every five minutes.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) async fn run(sim: Sim, shutdown: CancellationToken) {
    let work = async {
        loop {
            sleep(LOOK).await;
            wake(&sim);
        }
    };
    shutdown.run_until_cancelled(work).await;
}

/// Opens what is due, in nobody's name.
pub(crate) fn wake(sim: &Sim) {
    let opened = sim.act(|world| {
        due(world).into_iter().try_for_each(|(account, conversation)| {
            world.set_status(account, conversation, None, Some("open"), None)
        })
    });
    if let Err(error) = opened {
        tracing::warn!(%error, "cannot open snoozed conversations");
    }
}

fn due(world: &World) -> Vec<(i64, i64)> {
    let now = world.now();
    let mut due = Vec::new();
    for account in world.accounts.values() {
        let snoozed = account.conversations.values().filter(|row| row.status == "snoozed");
        let over = snoozed.filter(|row| row.snoozed_until.is_some_and(|until| until <= now));
        due.extend(over.map(|row| (account.id, row.display_id)));
    }
    due
}
