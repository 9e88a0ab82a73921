//! An account brought in by an operator (P7).

use std::process::Stdio;

use crate::program::{operating, run};
use chatwoot_sim::{ADMIN_TOKEN, Options, Running, Sim};
use serde_json::json;
use testkit::{Account, SECRET_KEY, World, eventually, secret_key};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = spoken(world, arguments);
    command.args(["--output", "json"]);
    command
}

/// One that answers in words.
fn spoken(world: &World, arguments: &[&str]) -> Command {
    let mut command = operating(world, arguments);
    command.env("AXIS_SECRET_KEY", SECRET_KEY);
    command
}

/// An account of a Chatwoot with a history, not brought in yet.
async fn with_history(world: &World) -> (Account, Running) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { history: 120, ..Options::default() };
    let chatwoot = Sim::start(options, listener, CancellationToken::new()).await.unwrap();
    let url = chatwoot.url();
    (testkit::account(&world.store, "acme", 1, &url, ADMIN_TOKEN).await, chatwoot)
}

/// How many pages are done.
async fn pages(world: &World) -> u32 {
    let mut transaction = world.store.worker().await.unwrap();
    let all = store::reconciliations::list(&mut transaction).await.unwrap();
    all.first().map_or(0, |one| one.progress.walk.page)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_backfill_goes_on_where_it_was() {
    let world = World::start().await;
    let (_, _chatwoot) = with_history(&world).await;

    let slowly = ["backfill", "--account", "1", "--anew", "--grace", "0", "--per-second", "10"];
    let mut slow = spoken(&world, &slowly);
    let slow = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("a page is done", async || pages(&world).await >= 1).await;
    let id = slow.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let ended = slow.wait_with_output().await.unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    let advice = "interrupted; `axis backfill --account 1` goes on from here";
    assert!(told.contains(advice), "not with --anew, which would begin again: {told}");
    let page = pages(&world).await;
    assert!((1..5).contains(&page), "{page}");

    let fast = ["backfill", "--account", "1", "--grace", "0", "--per-second", "10000"];
    let rest = run(command(&world, &fast)).await;
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!(
        (&rest.value["complete"], &rest.value["conversations"]),
        (&json!(true), &json!(120))
    );
    assert!(rest.complaint.contains("120 of 120 conversations"), "{}", rest.complaint);
    // One event a conversation, whose messages it bears.
    let stream = world.bus.stream("INBOUND").await.unwrap();
    assert_eq!(stream.messages, 120);

    let status = run(command(&world, &["reconcile", "status"])).await;
    let status = &status.value[0];
    assert_eq!((&status["walk"]["conversations"], &status["failures"]), (&json!(120), &json!(0)));
    assert!(status["broughtIn"].as_i64().unwrap() > 240, "{status}");
    assert!(status["sweptTo"].is_string(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_has_what_was_found_before_a_failure_and_of_a_look_at_once() {
    let world = World::start().await;
    let (account, _chatwoot) = with_history(&world).await;
    let renew = async |token: &str| {
        let token = secret_key().seal(store::accounts::Account::TOKEN_PURPOSE, &token.into());
        let mut transaction = world.store.worker().await.unwrap();
        store::accounts::set_token(&mut transaction, account.key, &token.unwrap()).await.unwrap();
        store::commit(transaction).await.unwrap();
    };
    let audited = async |action: &str| {
        let listed = run(command(&world, &["audit", "--action", action])).await;
        listed.value["audit"].as_array().unwrap().clone()
    };

    let slowly = ["backfill", "--account", "1", "--grace", "0", "--per-second", "10"];
    let slow = tokio::spawn(run(command(&world, &slowly)));
    eventually("a page is done", async || pages(&world).await >= 1).await;
    renew("revoked").await;
    let failed = slow.await.unwrap();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let backfill = audited("backfill").await;
    assert!(backfill[0]["count"].as_u64().unwrap() > 0, "{backfill:?}");
    assert_eq!(backfill[1]["details"]["perSecond"], 10, "{backfill:?}");

    renew(ADMIN_TOKEN).await;
    let lately = ["reconcile", "now", "--account", "1", "--grace", "0", "--per-second", "10000"];
    let looked = run(command(&world, &lately)).await;
    assert_eq!(looked.code, Some(0), "{looked:?}");
    let now = audited("reconcile now").await;
    assert_eq!((now.len(), &now[0]["details"]["ended"]), (2, &json!("done")), "{now:?}");
    assert!(now[0]["count"].as_u64().unwrap() > 0, "{now:?}");
}
