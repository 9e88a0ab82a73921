//! A worker whose key is not the accounts': nothing it does fails until there is something to do.

use serde_json::Value;
use testkit::{Program, SECRET_KEY, World, eventually};

use crate::installation::{Servers, TENANT};

const OTHER_KEY: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_whether_its_key_opens_the_accounts_tokens() {
    let world = World::start().await;
    world.account(TENANT, 1).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    for (key, unusable, status) in [(OTHER_KEY, 1, "degraded"), (SECRET_KEY, 0, "up")] {
        let key = [("AXIS_SECRET_KEY", key)];
        let (sync, outbound) =
            tokio::join!(servers.sync_worker(&key), servers.outbound_worker(&key));
        for worker in [sync, outbound] {
            let gauge = format!("axis_accounts_unusable {unusable}");
            eventually("it has looked", async || {
                answer(&worker, "/metrics").await.lines().any(|line| line == gauge)
            })
            .await;
            eventually("its health is as the accounts are", async || {
                let health = answer(&worker, "/health").await;
                let health: Value = serde_json::from_str(&health).unwrap();
                health["checks"]["accounts"]["status"] == status
            })
            .await;
        }
    }
}

async fn answer(program: &Program, path: &str) -> String {
    let asked = testkit::http().get(format!("{}{path}", program.url()));
    asked.send().await.unwrap().text().await.unwrap()
}
