//! What workers do about accounts: who compares which one when, and what the receivers know of them.

use std::time::Duration;

use crate::support::{count, execute};
use accounts::Accounts;
use bus::SourceEntry;
use chrono::{TimeDelta, Utc};
use store::reconciliations::{
    Progress, Tally, ask_for, claim, claim_due, count_failing, encourage, hasten, hold, know_all,
    save,
};
use sync_worker::reconcile::{Config, Reconciler};
use testkit::{Account, World, eventually};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
/// From one walk to the next.
const WALKS: Duration = Duration::from_hours(24);
/// What is let go of at once.
const NO_TIME: Duration = Duration::ZERO;

/// Takes hold of whatever is due, and lets go of it.
async fn due(world: &World, holder: Uuid) -> Option<Progress> {
    let mut connection = world.store.worker().await.unwrap();
    know_all(&mut connection).await.unwrap();
    let due = claim_due(&mut connection, holder, NO_TIME, WALKS, &[]).await.unwrap();
    store::commit(connection).await.unwrap();
    due.map(|due| due.progress)
}

/// The progress of an account that was brought in just now, in hand for a minute.
async fn begun(connection: &mut store::PgConnection, holder: Uuid) -> Progress {
    know_all(connection).await.unwrap();
    claim_due(connection, holder, MINUTE, WALKS, &[]).await.unwrap().unwrap().progress
}

async fn write_down(world: &World, account: &Account, holder: Uuid, progress: &mut Progress) {
    let mut connection = world.store.worker().await.unwrap();
    let found = Tally::default();
    let kept = save(&mut connection, account.key, holder, NO_TIME, progress, found).await;
    assert!(kept.unwrap());
    store::commit(connection).await.unwrap();
}

#[tokio::test]
async fn one_at_a_time_compares_an_account_unless_it_dies_or_an_operator_comes() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    let mut connection = world.store.worker().await.unwrap();
    know_all(&mut connection).await.unwrap();
    let mut held = claim_due(&mut connection, one, MINUTE, WALKS, &[]).await.unwrap().unwrap();
    assert_eq!(held.account, account.key);
    store::commit(connection).await.unwrap();

    let mut connection = world.store.worker().await.unwrap();
    assert_eq!(claim_due(&mut connection, two, MINUTE, WALKS, &[]).await.unwrap(), None);
    store::commit(connection).await.unwrap();
    execute(&world.store_config, "update reconciliations set held_until = now()").await;
    let mut connection = world.store.worker().await.unwrap();
    assert!(claim_due(&mut connection, two, MINUTE, WALKS, &[]).await.unwrap().is_some());
    let progress = &mut held.progress;
    let kept = save(&mut connection, account.key, one, MINUTE, progress, Tally::default());
    assert!(!kept.await.unwrap(), "the first has lost it");
    assert!(claim(&mut connection, account.key, one, MINUTE).await.unwrap().is_some());
}

#[tokio::test]
async fn the_accounts_of_a_tenant_that_has_its_share_of_the_places_are_left_to_other_workers() {
    let world = World::start().await;
    world.account("acme", 1).await;
    let other = world.account("globex", 2).await;
    let holder = Uuid::new_v4();
    let mut connection = world.store.worker().await.unwrap();
    know_all(&mut connection).await.unwrap();
    let mut due = async || {
        let without = ["acme".to_owned()];
        claim_due(&mut connection, holder, MINUTE, WALKS, &without).await.unwrap()
    };
    assert_eq!(due().await.map(|due| due.account), Some(other.key));
    assert_eq!(due().await, None);
}

/// Whoever holds the account hears of it when it writes down how far it is.
#[tokio::test]
async fn what_is_asked_for_while_an_account_is_compared_is_not_forgotten() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut held = due(&world, holder).await.unwrap();
    let now = Utc::now();
    let later = now + TimeDelta::days(1);
    for everything in [false, true] {
        (held.sweep_due_at, held.walk.due_at) = (later, later);
        write_down(&world, &account, holder, &mut held).await;
        assert_eq!(due(&world, holder).await, None);
        let mut connection = world.store.worker().await.unwrap();
        if everything {
            ask_for(&mut connection, account.key, true).await.unwrap();
        } else {
            hasten(&mut connection).await.unwrap();
        }
        store::commit(connection).await.unwrap();
        for _ in 0..2 {
            write_down(&world, &account, holder, &mut held).await;
            assert!(held.sweep_due_at < now, "a sweep was asked for");
            assert_eq!(held.walk.due_at < now, everything);
        }
        assert!(due(&world, holder).await.is_some());
    }
}

/// As a worker wrote it whose clock was ahead.
#[tokio::test]
async fn what_is_due_later_than_anything_can_be_is_due_now() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut held = due(&world, holder).await.unwrap();
    let now = Utc::now();
    let (soon, too_late) = (now + TimeDelta::days(1), now + TimeDelta::days(90));
    for (sweep, walk) in [(too_late, soon), (soon, too_late), (too_late, too_late)] {
        (held.sweep_due_at, held.walk.due_at) = (sweep, walk);
        write_down(&world, &account, holder, &mut held).await;
        let claimed = due(&world, holder).await.expect("something is due");
        let is_due = (claimed.sweep_due_at < now, claimed.walk.due_at < now);
        assert_eq!(is_due, (sweep == too_late, walk == too_late));
    }
}

/// It may have asked before what was missed happened.
#[tokio::test]
async fn a_sweep_that_is_under_way_when_nats_comes_back_is_followed_by_another() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut connection = world.store.worker().await.unwrap();
    let mut held = begun(&mut connection, holder).await;
    hasten(&mut connection).await.unwrap();
    store::commit(connection).await.unwrap();
    held.sweep_due_at = Utc::now() + TimeDelta::days(1);
    write_down(&world, &account, holder, &mut held).await;
    assert!(held.sweep_due_at < Utc::now());
}

/// And not after the half hour in which nobody could have done anything.
#[tokio::test]
async fn an_account_that_was_mended_is_compared_at_once_and_one_that_ended_is_left_alone() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut held = due(&world, holder).await.unwrap();
    (held.failures, held.last_error) = (3, Some("the token is refused".to_owned()));
    let later = Utc::now() + TimeDelta::minutes(30);
    (held.sweep_due_at, held.walk.due_at) = (later, later);
    write_down(&world, &account, holder, &mut held).await;
    assert_eq!(due(&world, holder).await, None);

    // Known as a whole once, and again among what the first page leaves out.
    let walks = "update reconciliations set walked_at = now(), walk_place = 7";
    execute(&world.store_config, walks).await;
    let mut connection = world.store.worker().await.unwrap();
    encourage(&mut connection, account.key).await.unwrap();
    store::commit(connection).await.unwrap();
    let mended = due(&world, holder).await.unwrap();
    assert_eq!((mended.failures, mended.last_error), (0, None));
    assert!(mended.sweep_due_at.max(mended.walk.due_at) < Utc::now());
    let end = "update chatwoot_accounts set disconnected_at = now()";
    execute(&world.store_config, end).await;
    assert_eq!(due(&world, holder).await, None);
}

/// Somebody is told of what does not pass: of failures in a row it matters since when they last, not how many they are.
#[tokio::test]
async fn an_account_that_cannot_be_compared_counts_from_the_first_failure_to_the_first_success() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut held = due(&world, holder).await.unwrap();
    assert_eq!(failing(&world, NO_TIME).await, 0);
    held.failures = 1;
    write_down(&world, &account, holder, &mut held).await;
    assert_eq!((failing(&world, NO_TIME).await, failing(&world, MINUTE).await), (1, 0));
    let long_ago =
        "update reconciliations set failing_since = failing_since - interval '2 minutes'";
    execute(&world.store_config, long_ago).await;
    held.failures = 2;
    write_down(&world, &account, holder, &mut held).await;
    assert_eq!(failing(&world, MINUTE).await, 1);

    held.failures = 0;
    write_down(&world, &account, holder, &mut held).await;
    assert_eq!(failing(&world, NO_TIME).await, 0);
    held.failures = 1;
    write_down(&world, &account, holder, &mut held).await;
    assert_eq!(failing(&world, NO_TIME).await, 1);
    let mut connection = world.store.worker().await.unwrap();
    encourage(&mut connection, account.key).await.unwrap();
    store::commit(connection).await.unwrap();
    assert_eq!(failing(&world, NO_TIME).await, 0);
}

/// Otherwise nobody is told of it, and what Chatwoot always fails at is never left out.
#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_by_a_worker_whose_clock_is_behind_the_databases() {
    let world = World::start().await;
    let config = &world.store_config;
    testkit::account(&world.store, "acme", 1, "http://127.0.0.1:9", "token").await;
    // As all see it who connect from now on.
    for statement in [
        "create schema ahead",
        "grant usage on schema ahead to public",
        "create function ahead.now() returns timestamptz language sql stable
         return pg_catalog.now() + interval '10 seconds'",
        "do $$ begin
           execute format('alter database %I set search_path = ahead, pg_catalog, public',
                          current_database());
         end $$",
    ] {
        execute(config, statement).await;
    }
    let store = store::Store::connect(config, "test").unwrap();
    let reconciler =
        Reconciler::new(Config::default(), testkit::secret_key(), store, world.bus.clone());
    let stop = CancellationToken::new();
    let comparing = tokio::spawn(reconciler.run(stop.clone()));
    eventually("it has failed a few times in a row", async || {
        count(config, "reconciliations where failures >= 3").await == 1
    })
    .await;
    stop.cancel();
    comparing.await.unwrap();
}

async fn failing(world: &World, lasting: Duration) -> i64 {
    let mut connection = world.store.worker().await.unwrap();
    count_failing(&mut connection, lasting).await.unwrap()
}

/// Its token is forgotten, and Chatwoot is asked nothing more.
#[tokio::test]
async fn an_account_that_is_disconnected_while_it_is_compared_is_held_no_longer() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    let holder = Uuid::new_v4();
    let mut connection = world.store.worker().await.unwrap();
    let mut held = begun(&mut connection, holder).await;
    assert!(hold(&mut connection, account.key, holder, MINUTE).await.unwrap());
    store::commit(connection).await.unwrap();
    let end = "update chatwoot_accounts set disconnected_at = now()";
    execute(&world.store_config, end).await;
    let mut connection = world.store.worker().await.unwrap();
    assert!(!hold(&mut connection, account.key, holder, MINUTE).await.unwrap());
    let found = Tally::default();
    let kept = save(&mut connection, account.key, holder, MINUTE, &mut held, found).await;
    assert!(!kept.unwrap());
}

/// NATS comes back without its last minutes, in which one account was connected, one was given another
/// secret, and one was disconnected. Of an account that the database does not know it says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_receivers_were_told_and_nats_lost_is_told_again() {
    let world = World::start().await;
    let (store, bus, key) = (&world.store, &world.bus, testkit::secret_key());
    let accounts = Accounts::new(store.clone(), bus.clone(), key.clone());
    let sources = bus.sources();
    let (rotated, ended) = (world.account("acme", 1).await, world.account("acme", 2).await);
    for account in [&rotated, &ended] {
        testkit::signs(store, bus, account, "first").await;
    }
    let strange = events::Source {
        account: domain::AccountKey::generate(),
        ..sources.list().await.unwrap().remove(0)
    };
    sources.put(&strange).await.unwrap();
    let stop = CancellationToken::new();
    let reconciler = Reconciler::new(Config::default(), key, store.clone(), bus.clone());
    let comparing = tokio::spawn(reconciler.run(stop.clone()));
    let earlier = world.keep_streams().await;

    testkit::signs(store, bus, &rotated, "second").await;
    let connected = world.account("acme", 3).await;
    accounts.publish(connected.key).await.unwrap();
    let end = "update chatwoot_accounts set disconnected_at = now() where chatwoot_account_id = 2";
    execute(&world.store_config, end).await;
    accounts.publish(ended.key).await.unwrap();
    let told = sources.list().await.unwrap();
    assert_eq!(told.len(), 3);
    world.lose_streams_since(&earlier).await;
    eventually("the receivers are told again", async || {
        sources.list().await.is_ok_and(|now| now == told)
    })
    .await;
    stop.cancel();
    comparing.await.unwrap();
}

/// Otherwise what NATS knows of accounts would fill up with those that are gone.
#[tokio::test(flavor = "multi_thread")]
async fn that_an_account_ended_is_forgotten_when_every_receiver_has_long_heard_of_it() {
    let world = World::start().await;
    let (store, bus, key) = (&world.store, &world.bus, testkit::secret_key());
    let accounts = Accounts::new(store.clone(), bus.clone(), key);
    let (gone, ended) = (world.account("acme", 1).await, world.account("acme", 2).await);
    accounts.publish_all().await.unwrap();
    for (number, days) in [(1, 100), (2, 80)] {
        let end = format!(
            "update chatwoot_accounts set disconnected_at = now() - interval '{days} days'
             where chatwoot_account_id = {number}"
        );
        execute(&world.store_config, &end).await;
    }
    let told = async || bus.sources().told().await.unwrap();
    accounts.publish_all().await.unwrap();
    assert_eq!(told().await.len(), 2, "receivers are told first, however late");
    for _ in 0..2 {
        accounts.publish_all().await.unwrap();
        let told = told().await;
        assert!(!told.contains_key(&gone.key), "{told:?}");
        assert!(matches!(told[&ended.key], SourceEntry::Removed(_)), "{told:?}");
    }
    let back = "update chatwoot_accounts set disconnected_at = null";
    execute(&world.store_config, back).await;
    accounts.publish_all().await.unwrap();
    assert_eq!(bus.sources().list().await.unwrap().len(), 2);
}
