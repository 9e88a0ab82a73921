//! `axis streams`, and commands without servers.

use secrecy::ExposeSecret as _;
use serde_json::json;
use servers::{Nats, NatsCluster, NatsOptions};
use testkit::eventually_some;

use crate::program::{axis, folder, run};

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_missing_are_told_and_made() {
    let nats = testkit::nats().await;
    let axis = async |arguments: &[&str]| {
        let mut command = axis();
        command.args(["--output", "json", "streams"]).args(arguments);
        command.env("NATS_URL", nats.url().expose_secret());
        run(command).await
    };
    let checked = axis(&["check"]).await;
    assert_eq!(checked.code, Some(1));
    assert!(checked.value.as_array().unwrap().iter().any(|one| one["what"] == "stream INBOUND"));
    assert_eq!(axis(&["apply", "--replicas", "2"]).await.code, Some(2));
    assert_eq!(axis(&["apply"]).await.code, Some(0));
    let checked = axis(&["check"]).await;
    assert_eq!((checked.code, checked.value), (Some(0), json!([])));
    let status = axis(&["status"]).await.value;
    assert_eq!(status[0]["name"], "INBOUND");
    assert_eq!(status[0]["consumers"], json!([]), "an account's lane is made by the workers");
    assert_eq!(status[1]["consumers"][0]["name"], "outbound-worker");
    assert_eq!(status[1]["consumers"][0]["pending"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_copy_of_a_stream_is_given_up_unconfirmed() {
    let nats = NatsCluster::start(NatsOptions::new(folder("nats"))).await.unwrap();
    let apply = async |arguments: &[&str], setting: &str| {
        // While the servers elect a leader, none of them answers.
        eventually_some("NATS answers", || async {
            let mut command = axis();
            command.args(["--output", "json", "streams", "apply"]).args(arguments);
            command.env("NATS_URL", nats.url().expose_secret()).env("STREAM_REPLICAS", setting);
            let answered = run(command).await;
            (!answered.complaint.contains("NATS does not answer")).then_some(answered)
        })
        .await
    };
    assert_eq!(apply(&[], "3").await.code, Some(0));
    for (arguments, setting) in [(&[][..], "1"), (&["--replicas", "1"], "3")] {
        let refused = apply(arguments, setting).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        for told in ["stream INBOUND, ", "STREAM_REPLICAS", "--yes"] {
            assert!(refused.complaint.contains(told), "{refused:?}");
        }
    }
    for setting in ["3", ""] {
        let kept = apply(&[], setting).await;
        assert_eq!((kept.code, &kept.value[0]["change"]), (Some(0), &json!("unchanged")));
    }
    assert_eq!(apply(&["--yes"], "1").await.code, Some(0));
    let one = apply(&[], "1").await;
    assert_eq!((one.code, &one.value[0]["change"]), (Some(0), &json!("unchanged")), "{one:?}");
    assert_eq!(apply(&[], "3").await.code, Some(0), "more is not asked about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_large_messages_is_told_with_what_to_set() {
    let mut options = NatsOptions::new(folder("nats"));
    // As NATS is by itself.
    options.max_payload = 1024 * 1024;
    let nats = Nats::start(options).await.unwrap();
    let axis = async |arguments: &[&str]| {
        let mut command = axis();
        command.args(arguments).env("NATS_URL", nats.url().expose_secret());
        command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
        run(command).await
    };
    assert_eq!(axis(&["streams", "apply"]).await.code, Some(0));
    for (command, line) in [
        (&["streams", "check"][..], "to put this right, set `max_payload: 8MB`"),
        (&["doctor"], "should have 8388608  →  set `max_payload: 8MB`"),
    ] {
        let told = axis(command).await;
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.value.as_str().unwrap().contains(line), "{told:?}");
    }
}

#[tokio::test]
async fn without_servers_a_command_says_what_to_do() {
    for (command, because) in [("tenants", "DATABASE_URL"), ("streams", "NATS_URL")] {
        let last = if command == "tenants" { "list" } else { "check" };
        let mut axis = axis();
        axis.args([command, last]).current_dir(folder("nothing"));
        let answered = run(axis).await;
        assert_eq!(answered.code, Some(1));
        assert!(answered.complaint.contains(because), "{answered:?}");
    }
    for command in [&["db", "check"][..], &["migrate"]] {
        let mut axis = axis();
        axis.args(command).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
        let answered = run(axis).await;
        assert_eq!(answered.code, Some(1));
        for told in ["refused", "check the server that DATABASE_URL points to"] {
            assert!(answered.complaint.contains(told), "{answered:?}");
        }
    }
}
