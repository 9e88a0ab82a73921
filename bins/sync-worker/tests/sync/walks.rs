//! Ways through all that an account has: who goes when, and what they may not keep from being done.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::stage::{FAST, Stage, config};
use crate::support::{count, execute};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use chatwoot_sim::Options;
use sync_worker::reconcile::{self, Reconciler};
use testkit::eventually;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// As a cache does that does not look at the page's number.
pub(crate) fn ask_for_the_first_page(request: &mut Request) {
    ask_for_page(request, 1);
}

/// Another one than was asked for.
pub(crate) fn ask_for_page(request: &mut Request, page: u32) {
    let query = request.uri().query().unwrap_or_default();
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some(("page", _)) => format!("page={page}"),
        _ => part.to_owned(),
    });
    let parts: Vec<_> = parts.collect();
    let again = format!("{}?{}", request.uri().path(), parts.join("&"));
    *request.uri_mut() = again.parse().unwrap();
}

/// The number of the page of a walk that is asked for.
pub(crate) fn page_of_walk(request: &Request) -> Option<u32> {
    let query = request.uri().query()?;
    let page = query.split('&').find_map(|part| part.strip_prefix("page="))?;
    query.contains("created_at_asc").then(|| page.parse().unwrap())
}

/// Four accounts with so many conversations each: no tenant has more than three of the places.
async fn inhabited(stage: &Stage, conversations: usize) {
    let url = stage.chatwoot.url();
    for number in 1..=4 {
        let token = chatwoot_sim::admin_token(number);
        let tenant = if number < 4 { "acme" } else { "other" };
        testkit::account(&stage.world.store, tenant, number, &url, &token).await;
        for _ in 0..conversations {
            stage.chatwoot.sim.start_conversation(number, "hello").unwrap();
        }
    }
}

/// A worker that asks each host so often.
fn compare_at(stage: &Stage, per_second: u32) -> (CancellationToken, JoinHandle<()>) {
    let (store, bus) = (stage.world.store.clone(), stage.world.bus.clone());
    let config = reconcile::Config { reconcile_requests_per_second: per_second, ..config() };
    let reconciler = Reconciler::new(config, testkit::secret_key(), store, bus);
    let stop = CancellationToken::new();
    let comparing = tokio::spawn(reconciler.run(stop.clone()));
    (stop, comparing)
}

/// A worker has four places (P9), which accounts on one host take whose first page comes again for ever, so that they
/// look for one number after the other; until it refuses everything.
async fn occupied(stage: &Stage, refuses: &Arc<AtomicBool>) -> (CancellationToken, JoinHandle<()>) {
    inhabited(stage, 1).await;
    let refuses = Arc::clone(refuses);
    stage
        .behind(move |request| {
            if refuses.load(Ordering::Relaxed) {
                return Some(StatusCode::TOO_MANY_REQUESTS.into_response());
            }
            let query = request.uri().query().unwrap_or_default();
            if query.contains("created_at_asc") {
                ask_for_the_first_page(request);
            }
            None
        })
        .await;
    let worker = compare_at(stage, 100);
    eventually("all places are taken", async || {
        let taken = "reconciliations where walk_page > 0 and held_until > now()";
        count(&stage.world.store_config, taken).await == 4
    })
    .await;
    worker
}

/// An account for which there would be no place is swept.
async fn a_fifth_is_swept(stage: &Stage) {
    let (store, config) = (&stage.world.store, &stage.world.store_config);
    let (url, token) = (stage.chatwoot.url(), chatwoot_sim::admin_token(5));
    let fifth = testkit::account(store, "widgets", 5, &url, &token).await;
    let due = format!(
        "insert into reconciliations (account_id, tenant_id, sweep_due_at, walk_due_at)
         values ('{}', 'widgets', now(), now() + interval '1 day')
         on conflict do nothing",
        fifth.key
    );
    execute(config, &due).await;
    eventually("it is swept", async || {
        count(config, "reconciliations where tenant_id = 'widgets' and swept_to is not null").await
            == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_swept_though_four_others_are_walked_without_end() {
    let options = Options { accounts: (1..=5).collect(), ..Options::default() };
    let stage = Stage::set(options, false).await;
    let (stop, comparing) = occupied(&stage, &Arc::default()).await;
    a_fifth_is_swept(&stage).await;
    stop.cancel();
    comparing.await.unwrap();
    stage.end().await;
}

/// Each of the four has more to ask for than anybody waits here.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_swept_though_the_sweeps_of_four_others_take_long() {
    let options = Options { accounts: (1..=5).collect(), ..Options::default() };
    let stage = Stage::set(options, false).await;
    inhabited(&stage, 60).await;
    stage.settled().await;
    // Another host than the fifth's.
    stage.behind(|_| None).await;
    let (stop, comparing) = compare_at(&stage, 1);
    eventually("all places are taken", async || {
        count(&stage.world.store_config, "reconciliations where held_until > now()").await == 4
    })
    .await;
    a_fifth_is_swept(&stage).await;
    let ended = "reconciliations where tenant_id <> 'widgets' and swept_to is not null";
    assert_eq!(count(&stage.world.store_config, ended).await, 0);
    stop.cancel();
    comparing.await.unwrap();
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_host_that_refuses_everything_keeps_nobody_from_being_swept() {
    let options = Options { accounts: (1..=5).collect(), ..Options::default() };
    let stage = Stage::set(options, false).await;
    let refuses = Arc::default();
    let (stop, comparing) = occupied(&stage, &refuses).await;
    let config = &stage.world.store_config;
    refuses.store(true, Ordering::Relaxed);
    a_fifth_is_swept(&stage).await;
    assert_eq!(count(config, "reconciliations where failures > 0").await, 0);
    let far = "select to_jsonb(max(1000 * walk_page + walk_absent)) from reconciliations
               where tenant_id <> 'widgets'";
    let far = stage.rows(far).await.remove(0);
    refuses.store(false, Ordering::Relaxed);
    let farther = format!(
        "reconciliations where tenant_id <> 'widgets' and 1000 * walk_page + walk_absent > {far}"
    );
    eventually("they go on", async || count(config, &farther).await == 4).await;
    stop.cancel();
    comparing.await.unwrap();
    stage.end().await;
}

/// Begun anew each time, what needs more questions than a host answers in a row would never end.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_in_its_middle_goes_on_where_it_is() {
    const IN_A_ROW: usize = 6;
    let stage = Stage::set(Options { history: 8, ..Options::default() }, false).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let answered: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let counted = Arc::clone(&answered);
    stage
        .behind(move |request| {
            if asked.fetch_add(1, Ordering::Relaxed) % (IN_A_ROW + 1) == IN_A_ROW {
                return Some(StatusCode::TOO_MANY_REQUESTS.into_response());
            }
            let path = request.uri().path();
            if path.ends_with("/messages") {
                *counted.lock().unwrap().entry(path.to_owned()).or_default() += 1;
            }
            None
        })
        .await;
    stage.everything().await;
    assert_eq!(stage.differing().await, 0);
    let answered = answered.lock().unwrap().clone();
    assert_eq!(answered.len(), 8);
    let most = answered.values().max();
    assert!(most <= Some(&2), "by the walk and by the sweep after it: {answered:?}");
    stage.end().await;
}

/// What happened meanwhile to conversations that the walk has behind it, no sweep asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_begins_anew_after_a_long_absence() {
    let stage = Stage::set(Options::default(), false).await;
    stage.lately().await;
    let away = "update reconciliations set swept_to = now() - interval '2 days', walk_page = 3,
                  walk_place = 60, walk_done = 60, walk_due_at = now() - interval '2 days'";
    execute(&stage.world.store_config, away).await;
    stage.lately().await;
    let walk = stage.status().await.progress.walk;
    assert!(!walk.under_way(), "{walk:?}");
    assert!(walk.due_at <= chrono::Utc::now());
    stage.end().await;
}

/// Begun anew each time, one that is slow would never end.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_is_followed_by_another_where_too_much_changed_to_be_listed() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    let config = &stage.world.store_config;
    let under_way = "update reconciliations set walk_page = 3, walk_due_at = now()";
    execute(config, under_way).await;
    stage
        .behind(|request| {
            let query = request.uri().query().unwrap_or_default();
            query.contains("updated_within").then(|| "[".repeat(1_000).into_response())
        })
        .await;
    stage.lately().await;
    assert_eq!(stage.status().await.progress.walk.page, 3, "it goes on");
    for follows in [true, false] {
        let backfill = stage.backfill();
        let mut ended = None;
        let told = |at: &reconcile::Reached| {
            if at.walked {
                ended.get_or_insert(at.progress.walk.due_at);
            }
        };
        let reached =
            backfill.everything(stage.account.key, FAST, false, &stage.shutdown, told).await;
        assert!(reached.unwrap().complete);
        assert_eq!(ended.unwrap() <= chrono::Utc::now(), follows);
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_walked_where_chatwoot_always_fails_to_list_what_changed() {
    let stage = Stage::set(Options::default(), false).await;
    stage.everything().await;
    stage
        .behind(|request| {
            let query = request.uri().query().unwrap_or_default();
            let fails = query.contains("updated_within");
            fails.then(|| StatusCode::GATEWAY_TIMEOUT.into_response())
        })
        .await;
    stage.lately().await;
    assert!(stage.status().await.progress.walk.due_at <= chrono::Utc::now());
    stage.end().await;
}

/// Otherwise neither sweeps nor walks of the account would ever end. And it may stay so.
#[tokio::test(flavor = "multi_thread")]
async fn everything_is_walked_but_not_over_and_over_where_what_was_active_cannot_be_read() {
    let stage = Stage::set(Options::default(), false).await;
    let proxy = |request: &mut Request| {
        let query = request.uri().query().unwrap_or_default();
        query.contains("last_activity_at_desc").then(|| "[".repeat(1_000).into_response())
    };
    stage.behind(proxy).await;
    stage.lately().await;
    let walk_is_due = async || stage.status().await.progress.walk.due_at <= chrono::Utc::now();
    assert!(walk_is_due().await);
    stage.everything().await;
    stage.lately().await;
    assert!(!walk_is_due().await);
    let long_ago = "update reconciliations set walked_at = now() - interval '2 hours'";
    execute(&stage.world.store_config, long_ago).await;
    stage.lately().await;
    assert!(walk_is_due().await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_ends_though_each_page_of_its_list_is_the_first_one() {
    const MANY: usize = 10;
    let stage = Stage::set(Options::default(), false).await;
    for number in 0..30 {
        stage.chatwoot.sim.start_conversation(1, &format!("hello {number}")).unwrap();
    }
    stage.settled().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    stage
        .behind(move |request| {
            let query = request.uri().query().unwrap_or_default();
            // One that goes on comes to the end of the list then.
            if query.contains("last_activity_at_desc")
                && counted.fetch_add(1, Ordering::Relaxed) < MANY
            {
                ask_for_the_first_page(request);
            }
            None
        })
        .await;
    stage.lately().await;
    assert_eq!(asked.load(Ordering::Relaxed), 3, "it might be the list that moves, but not twice");
    stage.end().await;
}

/// As when an inbox is deleted with all that was in it.
#[tokio::test(flavor = "multi_thread")]
async fn many_that_are_gone_are_asked_for_in_many_steps() {
    const GONE: i64 = 110;
    let stage = Stage::set(Options { history: 120, ..Options::default() }, false).await;
    stage.everything().await;
    for conversation in 1..=GONE {
        stage.chatwoot.sim.delete_conversation(1, conversation).unwrap();
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    stage
        .behind(move |request| {
            let one = request.uri().path().rsplit_once("/conversations/");
            if one.is_some_and(|(_, number)| number.parse::<i64>().is_ok()) {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            None
        })
        .await;
    let mut steps = Vec::new();
    let told = |_: &reconcile::Reached| steps.push(asked.swap(0, Ordering::Relaxed));
    let (backfill, account) = (stage.backfill(), stage.account.key);
    let reached = backfill.everything(account, FAST, true, &stage.shutdown, told).await.unwrap();
    assert!(reached.complete);
    assert!(steps.iter().all(|asked| *asked <= 50), "{steps:?}");
    assert_eq!(steps.iter().sum::<usize>(), 110, "each once");
    stage.settled().await;
    let gone = "conversations where gone_at > version_at";
    assert_eq!(count(&stage.world.store_config, gone).await, GONE);
    assert_eq!(stage.differing().await, 0);
    stage.end().await;
}

/// Those behind them move to pages that the walk has had, and nobody here knows of them yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_walk_passes_over_nothing_where_conversations_are_deleted_behind_it() {
    for (history, page, deleted) in [(60, 1, 1..=1), (60, 2, 1..=11), (160, 2, 3..=50)] {
        let stage = Stage::set(Options { history, ..Options::default() }, false).await;
        let sim = stage.chatwoot.sim.clone();
        let mut left = Some(deleted);
        let told = |at: &reconcile::Reached| {
            if at.progress.walk.page == page {
                for number in left.take().into_iter().flatten() {
                    sim.delete_conversation(1, number).unwrap();
                }
            }
        };
        let (backfill, account) = (stage.backfill(), stage.account.key);
        let reached = backfill.everything(account, FAST, true, &stage.shutdown, told).await;
        assert!(reached.unwrap().complete && left.is_none());
        stage.settled().await;
        let known = "conversations where gone_at is null or gone_at <= version_at";
        let known = count(&stage.world.store_config, known).await;
        assert_eq!((stage.differing().await, known), (0, i64::try_from(history).unwrap()));
        let walk = stage.status().await.progress.walk;
        assert_eq!(walk.done, i64::try_from(history).unwrap(), "each is counted once");
        stage.end().await;
    }
}
