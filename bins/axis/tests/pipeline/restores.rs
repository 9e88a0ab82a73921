//! A database that was put back from a backup, while Chatwoot and the streams went on: by the steps of
//! docs/operations.md nothing is sent twice, and what was received since is there again.

use std::collections::BTreeSet;

use chrono::{SecondsFormat, Utc};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use testkit::{SECRET_KEY, eventually, eventually_some};
use tokio::process::Command;

use crate::losses::drained;
use crate::system::{ACCOUNT, System, Workers};

const WORKERS: [&str; 2] = ["sync-worker 1", "outbound-worker 1"];

#[tokio::test]
async fn a_database_put_back_from_a_backup_learns_what_it_lost_and_sends_nothing_again() {
    let mut system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let (place, _) = system.sim.start_conversation(ACCOUNT, "question 0").unwrap();
    let id = system.conversation(place).await["id"].as_str().unwrap().to_owned();
    system.reply(&id, "answer 0").await;
    drained(&system).await;

    // What the backup has as waiting is sent after it was made.
    system.programs.get_mut("outbound-worker 1").unwrap().kill().await;
    for n in 1..4 {
        system.reply(&id, &format!("answer {n}")).await;
    }
    let began = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    system.programs.get_mut("sync-worker 1").unwrap().kill().await;
    system.programs.get_mut("api").unwrap().kill().await;
    let backup = testkit::keep(&system.world.store_config).await;
    for program in [&WORKERS[..], &["api"]].concat() {
        system.programs.get_mut(program).unwrap().start_again().await;
    }
    system.sim.customer_writes(ACCOUNT, place, "question 1").unwrap();
    system.reply(&id, "answer 4").await;
    drained(&system).await;
    let sent = contents(&system.truth(place));
    assert_eq!(sent.iter().filter(|content| content.starts_with("answer")).count(), 5);

    for program in [&WORKERS[..], &["api"]].concat() {
        system.programs.get_mut(program).unwrap().kill().await;
    }
    testkit::restore(&backup).await;

    // Too early, which does no harm.
    system.programs.get_mut("outbound-worker 1").unwrap().launch_again();
    system.programs.get_mut("sync-worker 1").unwrap().start_again().await;
    axis(&system, &["replay", "--from", &began]).await;
    eventually("all events are processed", async || {
        let stream = system.world.bus.stream("INBOUND").await.unwrap();
        stream.consumers.iter().all(|one| (one.pending, one.ack_pending) == (0, 0))
    })
    .await;
    axis(&system, &["reconcile", "now", "--account", "1"]).await;
    axis(&system, &["db", "restored", "--yes"]).await;
    system.programs.get_mut("api").unwrap().start_again().await;
    // Its client had no answer, and asks again.
    system.reply(&id, "answer 4").await;
    system.reply(&id, "answer 5").await;
    drained(&system).await;

    let truth = system.truth(place);
    let expected: Vec<String> = sent.into_iter().chain(["answer 5".to_owned()]).collect();
    assert_eq!(contents(&truth), expected, "each reply once, and in order");
    let numbers = |messages: &[Value], name: &str| -> BTreeSet<i64> {
        messages.iter().filter_map(|message| message[name].as_i64()).collect()
    };
    eventually_some("all that Chatwoot has is here", async || {
        let rows = system.messages(&id).await?;
        let same = numbers(&rows, "chatwootId") == numbers(&truth, "id");
        (same && rows.len() == truth.len()).then_some(())
    })
    .await;
    system.stop().await;
}

fn contents(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

/// What an operator does, which has to succeed.
async fn axis(system: &System, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_axis"))
        .args(arguments)
        .env("DATABASE_URL", system.world.store_config.database_url.expose_secret())
        .env("NATS_URL", system.world.bus_config.nats_url.expose_secret())
        .env("AXIS_SECRET_KEY", SECRET_KEY)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "axis {}: {told}", arguments.join(" "));
}
