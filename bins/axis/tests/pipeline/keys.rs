//! A worker whose key is not the accounts': nothing it does fails until there is something to do.

use domain::SecretKey;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::links::{self, OwnToken};
use testkit::sqlx::{Connection as _, Executor as _, PgConnection};
use testkit::{Account, Program, SECRET_KEY, World, eventually};

use crate::installation::{Servers, TENANT};

const OTHER_KEY: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_whether_its_key_opens_what_it_needs() {
    let world = World::start().await;
    let account = world.account(TENANT, 1).await;
    let servers = Servers { bus: &world.bus_config, store: &world.store_config };
    for (key, own_key, unusable, [of_sync, of_outbound]) in [
        (OTHER_KEY, SECRET_KEY, [1, 1], ["degraded"; 2]),
        (SECRET_KEY, SECRET_KEY, [0, 0], ["up"; 2]),
        // People's own tokens are the outbound worker's matter.
        (SECRET_KEY, OTHER_KEY, [0, 1], ["up", "degraded"]),
    ] {
        link(&world, &account, own_key).await;
        let key = [("AXIS_SECRET_KEY", key)];
        let (sync, outbound) =
            tokio::join!(servers.sync_worker(&key), servers.outbound_worker(&key));
        for (worker, status) in [(sync, of_sync), (outbound, of_outbound)] {
            let [accounts, own] = unusable;
            let gauges = [
                format!("axis_accounts_unusable {accounts}"),
                format!("axis_own_tokens_unusable {own}"),
            ];
            eventually("it has looked", async || {
                let told = answer(&worker, "/metrics").await;
                gauges.iter().all(|gauge| told.lines().any(|line| line == gauge))
            })
            .await;
            eventually("its health is as the tokens are", async || {
                let health = answer(&worker, "/health").await;
                let health: Value = serde_json::from_str(&health).unwrap();
                health["checks"]["accounts"]["status"] == status
            })
            .await;
        }
    }
}

/// One whose token is refused is tried twice an hour, which no counter of failures tells from passing trouble.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_worker_tells_how_many_accounts_cannot_be_compared() {
    let world = World::start().await;
    world.account(TENANT, 1).await;
    let store = &world.store_config;
    let mut database = PgConnection::connect(store.database_url.expose_secret()).await.unwrap();
    let failing = "insert into reconciliations
                     (account_id, tenant_id, failures, last_error, failing_since, sweep_due_at,
                      walk_due_at)
                   select id, tenant_id, 2, 'refused', now() - interval '16 minutes',
                          now() + interval '1 hour', now() + interval '1 hour'
                   from chatwoot_accounts";
    database.execute(failing).await.unwrap();
    let worker = Servers { bus: &world.bus_config, store }
        .sync_worker(&[("AXIS_SECRET_KEY", SECRET_KEY)])
        .await;
    eventually("it has looked", async || {
        answer(&worker, "/metrics").await.contains("\naxis_accounts_not_compared 1\n")
    })
    .await;
}

/// Somebody's own token, sealed under this key.
async fn link(world: &World, account: &Account, key: &str) {
    let key: SecretKey = key.parse().unwrap();
    let token = key.seal(links::TOKEN_PURPOSE, &"own".into()).unwrap();
    let own = OwnToken { member: "ana".to_owned(), user: 1, token };
    let mut transaction = world.store.worker().await.unwrap();
    links::put(&mut transaction, account.key, &own, None).await.unwrap().unwrap();
    store::commit(transaction).await.unwrap();
}

async fn answer(program: &Program, path: &str) -> String {
    let asked = testkit::http().get(format!("{}{path}", program.url()));
    asked.send().await.unwrap().text().await.unwrap()
}
