//! What may be asked of a Chatwoot is one thing for all workers.

use std::time::Instant;

use chatwoot_sim::{Millis, RestFaults, Rule};
use outbound_worker::Config;
use store::{breakers, hosts};
use testkit::{eventually, sqlx};

use crate::stage::{Chatwoot, Stage, config};

/// Rests and pauses outlast the test.
fn patient() -> Config {
    Config {
        outbound_retry_first_ms: 60_000,
        outbound_retry_longest_seconds: 600,
        chatwoot_failures: 2,
        ..config()
    }
}

const MOST: u32 = 1_000;

/// How many requests were struck by the fault.
fn struck(chatwoot: &Chatwoot) -> u32 {
    let rest = chatwoot.sim().faults().rest;
    MOST - rest.unavailable.next.max(rest.rate_limited.next).max(rest.turned_away.next)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_the_rate_of_a_host() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let neighbour = stage.neighbour(&chatwoot, "zeta").await;
    let mut replies = Vec::new();
    for place in [&chatwoot, &neighbour] {
        for _ in 0..5 {
            let conversation = stage.conversation(place).await;
            for text in ["one", "two", "three", "four"] {
                replies.push(stage.write(place, &conversation, text).await);
            }
        }
    }
    let began = Instant::now();
    let slow = Config { chatwoot_requests_per_minute: 600, ..config() };
    stage.worker(&slow).await;
    stage.worker(&slow).await;
    stage.all_settled().await;
    // Ten a second, and a second's worth at the beginning: more would be too many, however slow
    // this machine is.
    let allowed = 10.0 + 10.0 * began.elapsed().as_secs_f64();
    let calls = u32::try_from(replies.len()).unwrap();
    assert!(f64::from(calls) <= allowed, "{calls} calls, {allowed} allowed");
    let mut transaction = stage.world.store.worker().await.unwrap();
    let known = hosts::list(&mut transaction).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].per_minute, 600);
    assert!(known[0].granted >= i64::from(calls), "{known:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_put_to_rest_by_one_worker_is_left_alone_by_another() {
    rests(|rest| rest.unavailable = Rule::next(MOST)).await;
}

/// What waits does not run into whoever turns it away before Chatwoot, one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_requests_do_not_get_to_chatwoot_rests() {
    rests(|rest| rest.turned_away = Rule::next(MOST)).await;
}

async fn rests(set: impl FnOnce(&mut RestFaults)) {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails(set);
    let (here, there) = (stage.conversation(&chatwoot).await, stage.conversation(&chatwoot).await);
    let first = stage.worker(&patient()).await;
    stage.write(&chatwoot, &here, "one").await;
    eventually("the account rests", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let known = breakers::list(&mut transaction).await.unwrap();
        known.iter().any(|breaker| matches!(breaker.state, breakers::State::Open(_)))
    })
    .await;
    first.abort();
    first.await.unwrap_err();
    assert_eq!(struck(&chatwoot), 2);
    stage.worker(&patient()).await;
    let second = stage.write(&chatwoot, &there, "two").await;
    let row = stage.reaches(second, "retrying").await;
    assert!(row.reason.unwrap().contains("does not answer"));
    assert_eq!((struck(&chatwoot), row.attempts), (2, 0), "nobody asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_asked_one_worker_to_slow_down_is_left_alone_by_another() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let neighbour = stage.neighbour(&chatwoot, "zeta").await;
    chatwoot.fails(|rest| rest.rate_limited = Rule::next(MOST));
    let here = stage.conversation(&chatwoot).await;
    let there = stage.conversation(&neighbour).await;
    let first = stage.worker(&patient()).await;
    let reply = stage.write(&chatwoot, &here, "one").await;
    stage.reaches(reply, "retrying").await;
    first.abort();
    first.await.unwrap_err();
    stage.worker(&patient()).await;
    let second = stage.write(&neighbour, &there, "two").await;
    let row = stage.reaches(second, "retrying").await;
    assert!(row.reason.unwrap().contains("slow down"));
    assert_eq!((struck(&chatwoot), row.attempts), (1, 0), "nobody asked");
}

/// A look takes a token for each page, and there is never more than one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_is_not_there_is_sent_again_where_a_request_a_second_is_allowed() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.unavailable = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    stage.worker(&Config { chatwoot_requests_per_minute: 60, ..config() }).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, ["absent", "done"].map(|end| Some(end.to_owned())));
}

/// A deleted reply is known by its user, and for that Chatwoot is asked once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_for_the_user_of_a_deleted_reply_is_asked_within_its_rate() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let (reply, stored) = stage.deleted_reply(&chatwoot, &conversation).await;
    let granted = async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        hosts::list(&mut transaction).await.unwrap()[0].granted
    };
    let before = granted().await;
    // So few that each is granted by itself.
    stage.worker(&Config { chatwoot_requests_per_minute: 60, ..config() }).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(stored));
    assert_eq!(granted().await - before, 3, "two pages, and the user");
}

/// Thousands of commands of a tenant are queued before another one's reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_tenant_s_flood_does_not_delay_another_s_reply() {
    const FLOOD: i64 = 5_000;
    let stage = Stage::empty().await;
    let flooded = stage.chatwoot("acme").await;
    flooded.fails(|rest| rest.latency_ms = Millis::between(50, 50));
    flood(&stage, &flooded, FLOOD).await;
    stage.worker(&config()).await;
    eventually("the flood is being carried", || async { stage.waiting().await < FLOOD }).await;
    let quiet = stage.chatwoot("zeta").await;
    replies_go_out(&stage, &quiet).await;
    let waiting = stage.waiting().await;
    assert!(waiting > FLOOD / 2, "only {waiting} still wait: that was no test");
}

/// The floods of several take all places, and last for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_the_floods_of_four_tenants_do_not_delay_another_s_reply() {
    const FLOOD: i64 = 250;
    let stage = Stage::empty().await;
    let mut flooded = Vec::new();
    for tenant in ["acme", "beta", "gamma", "delta"] {
        let chatwoot = stage.chatwoot(tenant).await;
        chatwoot.fails(|rest| rest.latency_ms = Millis::between(500, 500));
        flood(&stage, &chatwoot, FLOOD).await;
        flooded.push(chatwoot);
    }
    stage.worker(&config()).await;
    eventually("all of the floods is published", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let published = "select not exists (select from outbox where publications = 0)";
        sqlx::query_scalar(published).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    let quiet = stage.chatwoot("zeta").await;
    replies_go_out(&stage, &quiet).await;
    let waiting = stage.waiting().await;
    assert!(waiting > FLOOD * 2, "only {waiting} still wait: it had waited for the others");
}

/// The same on one Chatwoot, of which no more may be asked than it allows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_a_tenant_s_flood_does_not_use_up_another_s_turn_at_their_chatwoot() {
    const FLOOD: i64 = 600;
    let stage = Stage::empty().await;
    let flooded = stage.chatwoot("acme").await;
    let quiet = stage.neighbour(&flooded, "zeta").await;
    flood(&stage, &flooded, FLOOD).await;
    // The flood alone takes two minutes.
    stage.worker(&Config { chatwoot_requests_per_minute: 300, ..config() }).await;
    eventually("the flood is put off", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let put_off = "select count(*) > 500 from outbox where not_before > now()";
        sqlx::query_scalar(put_off).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    replies_go_out(&stage, &quiet).await;
    let waiting = stage.waiting().await;
    assert!(waiting > FLOOD / 2, "only {waiting} still wait: they had waited behind the flood");
}

/// One after the other.
async fn replies_go_out(stage: &Stage, chatwoot: &Chatwoot) {
    let conversation = stage.conversation(chatwoot).await;
    for text in ["one", "two", "three"] {
        let reply = stage.write(chatwoot, &conversation, text).await;
        stage.reaches(reply, "sent").await;
    }
}

/// Changes to so many conversations, which Chatwoot does not know.
async fn flood(stage: &Stage, chatwoot: &Chatwoot, count: i64) {
    let mut transaction = stage.world.store.worker().await.unwrap();
    let (tenant, account) = (chatwoot.account.tenant.as_str(), chatwoot.account.key.0);
    sqlx::query(
        "with places as (
           insert into conversations (id, tenant_id, account_id, display_id, version_at,
             version_step, version_digest, status, created_at, last_activity_at)
           select gen_random_uuid(), $1, $2, 100000 + n, 0, 0, 0, 'open', now(), now()
           from generate_series(1, $3) n
           returning id
         )
         insert into outbox (operation_id, tenant_id, account_id, conversation_id, command,
                             payload, traceparent)
         select gen_random_uuid(), $1, $2, id, 'set_labels', '{\"labels\": []}', ''
         from places",
    )
    .bind(tenant)
    .bind(account)
    .bind(count)
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
}

/// A dead worker's lease is a moment's worth, not the bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_takes_its_lease_with_it_and_no_more() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let slow = Config { chatwoot_requests_per_minute: 600, ..config() };
    for text in ["one", "two"] {
        let doomed = stage.worker(&slow).await;
        let conversation = stage.conversation(&chatwoot).await;
        let reply = stage.write(&chatwoot, &conversation, text).await;
        stage.reaches(reply, "sent").await;
        doomed.abort();
        doomed.await.unwrap_err();
    }
    let mut transaction = stage.world.store.worker().await.unwrap();
    let known = hosts::list(&mut transaction).await.unwrap().remove(0);
    // Three a lease of a quarter of a second; one that is over between a worker's two calls is filled up again.
    assert!((2..=8).contains(&known.granted), "{known:?}");
}

/// Each of the accounts of a Chatwoot that hangs is tried once in a while, by a call that hangs too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_rested_accounts_of_one_host_are_tried_few_at_a_time_and_leave_room_for_others() {
    let stage = Stage::empty().await;
    let hanging = stage.chatwoot("acme").await;
    let mut accounts = vec![stage.neighbour(&hanging, "beta").await];
    for tenant in ["gamma", "delta", "epsilon"] {
        accounts.push(stage.neighbour(&hanging, tenant).await);
    }
    accounts.push(hanging);
    accounts[0].fails(|rest| rest.stall = true);
    let mut transaction = stage.world.store.worker().await.unwrap();
    for Chatwoot { account, .. } in &accounts {
        let rested = breakers::Breaker {
            account: account.key,
            failures: 2,
            opened: 1,
            state: breakers::State::Open(chrono::DateTime::UNIX_EPOCH),
        };
        breakers::lock(&mut transaction, account.key).await.unwrap();
        breakers::write(&mut transaction, &rested).await.unwrap();
    }
    store::commit(transaction).await.unwrap();
    for account in &accounts {
        flood(&stage, account, 1).await;
    }
    // Nothing that hangs ends within this test.
    let few = Config { outbound_concurrency: 4, chatwoot_timeout_seconds: 120, ..patient() };
    stage.worker(&few).await;
    eventually("all of them are tried, or are not", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let done = "select 4 <= (select count(*) from outbound_attempts)
                        + (select count(*) from outbox where not_before > now())";
        sqlx::query_scalar(done).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    let quiet = stage.chatwoot("zeta").await;
    let conversation = stage.conversation(&quiet).await;
    let reply = stage.write(&quiet, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    assert_eq!(stage.trying().await, 1, "of the others, one is tried");
}

/// An account that rested is tried by one call, which need not be made any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_that_is_not_made_is_left_to_the_next() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let (here, there) = (stage.conversation(&chatwoot).await, stage.conversation(&chatwoot).await);
    let gone = stage.write(&chatwoot, &here, "one").await;
    let known = stage.write(&chatwoot, &there, "two").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    for (statement, message) in [
        ("delete from messages where id = $1", gone),
        ("update messages set chatwoot_id = 7777 where id = $1", known),
    ] {
        sqlx::query(statement).bind(message.0).execute(&mut *transaction).await.unwrap();
    }
    let rested = breakers::Breaker {
        account: chatwoot.account.key,
        failures: 2,
        opened: 1,
        state: breakers::State::Open(chrono::DateTime::UNIX_EPOCH),
    };
    breakers::lock(&mut transaction, chatwoot.account.key).await.unwrap();
    breakers::write(&mut transaction, &rested).await.unwrap();
    store::commit(transaction).await.unwrap();
    // A trial that was lost would be waited for longer than by this test.
    stage.worker(&Config { chatwoot_timeout_seconds: 120, ..patient() }).await;
    stage.all_settled().await;
    let reply = stage.write(&chatwoot, &here, "three").await;
    stage.reaches(reply, "sent").await;
}
