//! A journal is looked into while its receiver runs, and says what is wrong with it.

use std::path::Path;
use std::time::Duration;

use crate::program::{Answered, axis, folder, run};
use serde_json::{Value, json};
use testkit::World;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use webhook_receiver::Receiver;

async fn answered(journal: &Path, arguments: &[&str]) -> Answered {
    let mut command = axis();
    command
        .args(["--output", "json", "journal"])
        .args(arguments)
        .env("JOURNAL_DIR", journal)
        .env("AXIS_DATA_DIR", folder("none"));
    run(command).await
}

async fn succeeds(journal: &Path, arguments: &[&str]) -> Value {
    let answered = answered(journal, arguments).await;
    assert_eq!(answered.code, Some(0), "{arguments:?}: {answered:?}");
    answered.value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_receivers_journal_is_listed_shown_masked_and_found_damaged() {
    let world = World::start().await;
    let account = world.account("acme", 1).await;
    testkit::unsigned(&world.store, &world.bus, &account).await;
    let journal = folder("journal");
    for command in ["segments", "list"] {
        let none = answered(&journal, &[command]).await;
        assert!(none.code == Some(1) && none.complaint.contains("no journal in"), "{none:?}");
    }
    let config = webhook_receiver::Config::with(testkit::SECRET_KEY.into(), journal.clone());
    let config = webhook_receiver::Config { patience: Duration::from_mins(1), ..config };
    let receiver = Receiver::start(&config, world.bus.clone()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (routes, stop) = (receiver.router(), CancellationToken::new());
    let serving = tokio::spawn(service::serve(listener, routes, stop.clone()));
    let url = format!("{url}/api/v1/webhooks/chatwoot/{}", account.key.token());
    let http = testkit::http();
    for (_, body) in chatwoot::examples() {
        testkit::eventually("the receiver takes the event", async || {
            let request = http.post(&url).header("content-type", "application/json");
            request.body(*body).send().await.unwrap().status().is_success()
        })
        .await;
    }
    let count = chatwoot::examples().len();

    let seen = succeeds(&journal, &["segments"]).await;
    assert_eq!((&seen["records"], &seen["sound"]), (&json!(count), &json!(true)), "{seen}");
    let listed = succeeds(&journal, &["list", "--event", "message_created"]).await;
    let event = &listed["events"][0];
    assert_eq!((&event["account"], &event["tenant"]), (&json!(account.key), &json!("acme")));
    let newest = succeeds(&journal, &["list", "--limit", "2", "--newest"]).await;
    let all = succeeds(&journal, &["list"]).await;
    let last = &all["events"].as_array().unwrap()[count - 2..];
    assert_eq!(
        (newest["events"].as_array().unwrap(), &newest["more"]),
        (&last.to_vec(), &json!(true))
    );
    let few = succeeds(&journal, &["list", "--limit", "2"]).await;
    assert_eq!((few["events"].as_array().unwrap().len(), &few["more"]), (2, &json!(true)));
    let other = domain::AccountKey::generate().to_string();
    let none = succeeds(&journal, &["list", "--account", &other]).await;
    assert_eq!(none["events"], json!([]));
    let sequence = event["sequence"].to_string();
    let shown = succeeds(&journal, &["show", &sequence]).await;
    assert_eq!(shown["payload"]["content"], "W… (18 characters)");
    assert!(!shown.to_string().contains("Ana"), "{shown}");
    let unmasked = succeeds(&journal, &["show", &sequence, "--unmasked"]).await;
    assert!(unmasked.to_string().contains("Ana"), "{unmasked}");
    let none = answered(&journal, &["show", "999999"]).await;
    assert!(none.code == Some(1) && none.complaint.contains("no event 999999"), "{none:?}");

    stop.cancel();
    serving.await.unwrap().unwrap();
    receiver.drain().await;
    let published = succeeds(&journal, &["segments"]).await;
    assert_eq!(published["unpublished"], 0, "{published}");
    let unpublished = succeeds(&journal, &["list", "--unpublished"]).await;
    assert_eq!(unpublished["events"], json!([]));

    // One record is spoilt on the disk.
    let file = published["segments"][0]["file"].as_str().unwrap();
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(file, bytes).unwrap();
    let spoilt = answered(&journal, &["segments"]).await;
    assert_eq!((spoilt.code, &spoilt.value["sound"]), (Some(1), &json!(false)), "{spoilt:?}");
    assert_eq!(spoilt.value["records"], count - 1);
    assert!(spoilt.value["segments"][0]["damagedBytes"].as_u64().unwrap() > 0, "{spoilt:?}");
    let rest = succeeds(&journal, &["list"]).await;
    assert_eq!(rest["events"].as_array().unwrap().len(), count - 1, "it costs itself only");
}
