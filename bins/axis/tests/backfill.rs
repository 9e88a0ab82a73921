//! An account brought in by an operator (P7).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod program;

use std::process::Stdio;

use chatwoot_sim::{ADMIN_TOKEN, Options, Sim};
use program::{axis, folder, run};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{SECRET_KEY, World, eventually};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = axis();
    command
        .args(["--output", "json"])
        .args(arguments)
        .env("NATS_URL", world.nats.url().expose_secret())
        .env("DATABASE_URL", world.store_config.database_url.expose_secret())
        .env("AXIS_SECRET_KEY", SECRET_KEY)
        .env("AXIS_DATA_DIR", folder("none"))
        .env("USER", "operator-7");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_backfill_goes_on_where_it_was() {
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { history: 120, ..Options::default() };
    let chatwoot = Sim::start(options, listener, CancellationToken::new()).await.unwrap();
    testkit::account(&world.store, "acme", 1, &chatwoot.url(), ADMIN_TOKEN).await;

    let slowly = ["backfill", "--account", "1", "--grace", "0", "--per-second", "25"];
    let mut slow = command(&world, &slowly);
    let slow = slow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let place = async || {
        let mut transaction = world.store.worker().await.unwrap();
        let all = store::reconciliations::list(&mut transaction).await.unwrap();
        all.first().map_or(0, |one| one.progress.walk.page)
    };
    eventually("a page is done", async || place().await >= 1).await;
    let id = slow.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let ended = slow.wait_with_output().await.unwrap();
    let value: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((ended.status.code(), &value["complete"]), (Some(1), &json!(false)), "{value}");
    let page = place().await;
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
