//! Backfills that wait until what fails has passed, and keep their account meanwhile.

use crate::support::stage::{FAST, Stage};
use crate::support::{count, execute};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chatwoot_sim::Options;
use sync_worker::reconcile;

/// A worker beside it takes any account that is due and that nobody holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_keeps_its_account_however_long_it_waits() {
    let stage = Stage::set(Options::default(), false).await;
    stage.lately().await;
    let config = &stage.world.store_config;
    // The wait for the next try is minutes by now.
    execute(config, "update reconciliations set failures = 9").await;
    stage.behind(|_| Some(StatusCode::BAD_GATEWAY.into_response())).await;
    let enough = stage.shutdown.child_token();
    let mut kept = Vec::new();
    let told = |at: &reconcile::Reached| {
        assert_eq!(at.progress.failures, 10);
        let waiting = "reconciliations where held_until > least(sweep_due_at, walk_due_at)
                       and least(sweep_due_at, walk_due_at) > now() + interval '2 minutes'";
        let now = tokio::runtime::Handle::current();
        kept.push(tokio::task::block_in_place(|| now.block_on(count(config, waiting))));
        enough.cancel();
    };
    let (backfill, account) = (stage.backfill(), stage.account.key);
    let reached = backfill.everything(account, FAST, false, &enough, told).await.unwrap();
    assert!(!reached.complete);
    assert_eq!(kept, [1]);
    assert_eq!(count(config, "reconciliations where held_until > now()").await, 0, "it let go");
    stage.end().await;
}

/// It may take hours, and a database is away for a moment now and then.
#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_waits_out_a_database_that_fails_for_a_moment() {
    let stage = Stage::set(Options { history: 30, ..Options::default() }, false).await;
    let config = &stage.world.store_config;
    // How far it is cannot be written once of the walk, and once of the sweep.
    for statement in [
        "create sequence walks",
        "create sequence sweeps",
        "create function refuse() returns trigger language plpgsql security definer as $$
         begin
           if nextval(tg_argv[0]::regclass) = 1 then
             raise exception 'busy' using errcode = '40001';
           end if;
           return new;
         end $$",
        "create trigger walks before update of swept_to on reconciliations for each row
         when (old.swept_to is not distinct from new.swept_to) execute function refuse('walks')",
        "create trigger sweeps before update of swept_to on reconciliations for each row
         when (old.swept_to is distinct from new.swept_to) execute function refuse('sweeps')",
    ] {
        execute(config, statement).await;
    }
    // After that the account cannot be read, for one step.
    let renamed = [
        "alter table chatwoot_accounts rename to elsewhere",
        "alter table elsewhere rename to chatwoot_accounts",
    ];
    let (mut renamed, mut failures) = (renamed.into_iter(), Vec::new());
    let told = |at: &reconcile::Reached| {
        failures.push(at.progress.failures);
        let Some(rename) = renamed.next() else { return };
        let now = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| now.block_on(execute(config, rename)));
    };
    let (backfill, account) = (stage.backfill(), stage.account.key);
    let reached = backfill.everything(account, FAST, false, &stage.shutdown, told).await.unwrap();
    assert!(reached.complete);
    let failed: Vec<_> = failures.iter().filter(|failures| **failures > 0).collect();
    assert_eq!(failed.len(), 3, "{failures:?}");
    let status = stage.status().await;
    assert!(status.progress.swept_to.is_some() && status.progress.failures == 0);
    stage.settled().await;
    assert_eq!(stage.differing().await, 0);
    let rows = count(config, "conversations").await + count(config, "messages").await;
    assert!(status.tally.brought_in >= rows, "what was found then counts: {status:?}");
    stage.end().await;
}
