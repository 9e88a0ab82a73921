//! Ways through all that an account has: who goes when, and what they may not keep from being done.

#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use chatwoot_sim::Options;
use support::stage::{Stage, config};
use support::{count, execute};
use sync_worker::reconcile::{self, Reconciler};
use testkit::eventually;
use tokio_util::sync::CancellationToken;

/// A worker has four places (P9).
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_swept_though_four_others_are_walked_without_end() {
    let options = Options { accounts: (1..=5).collect(), ..Options::default() };
    let stage = Stage::set(options, false).await;
    let (store, bus) = (&stage.world.store, &stage.world.bus);
    let url = stage.chatwoot.url();
    for number in 1..=4 {
        let token = chatwoot_sim::admin_token(number);
        testkit::account(store, "acme", number, &url, &token).await;
        stage.chatwoot.sim.start_conversation(number, "hello").unwrap();
    }
    // Their first page comes again for ever.
    stage
        .behind(|request| {
            let query = request.uri().query().unwrap_or_default();
            if query.contains("created_at_asc") {
                let pages = query.split('&').map(|part| match part.split_once('=') {
                    Some(("page", _)) => "page=1",
                    _ => part,
                });
                let query: Vec<_> = pages.collect();
                let again = format!("{}?{}", request.uri().path(), query.join("&"));
                *request.uri_mut() = again.parse().unwrap();
            }
            None
        })
        .await;
    let stop = CancellationToken::new();
    let gently = reconcile::Config { reconcile_requests_per_second: 50, ..config() };
    let reconciler = Reconciler::new(gently, testkit::secret_key(), store.clone(), bus.clone());
    let comparing = tokio::spawn(reconciler.run(stop.clone()));
    let config = &stage.world.store_config;
    eventually("all places are taken", async || {
        count(config, "reconciliations where walk_page > 0 and held_until > now()").await == 4
    })
    .await;

    let fifth = testkit::account(store, "widgets", 5, &url, &chatwoot_sim::admin_token(5)).await;
    let due = format!(
        "insert into reconciliations (account_id, tenant_id, sweep_due_at, walk_due_at)
         values ('{}', 'widgets', now(), now() + interval '1 day')",
        fifth.key
    );
    execute(config, &due).await;
    eventually("it is swept", async || {
        count(config, "reconciliations where tenant_id = 'widgets' and swept_to is not null").await
            == 1
    })
    .await;
    stop.cancel();
    comparing.await.unwrap();
    stage.end().await;
}
