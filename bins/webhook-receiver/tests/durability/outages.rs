//! Whatever NATS does.

use testkit::reqwest::StatusCode;
use testkit::{eventually, scratch};
use webhook_receiver::{AcknowledgeAfter, Config};

use crate::rig::{Rig, copy};
use crate::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_starts_without_nats_serves_and_publishes_everything_once_later() {
    let rig = Rig::start().await;
    let first = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&first.base, 0).await];
    // It takes events as soon as it knows the source, and writes down that it does.
    eventually("the source is on the disk", || async { rig.journal.join("sources.json").exists() })
        .await;
    first.stop().await;
    rig.expect_messages(1).await;

    rig.nats.kill().await.unwrap();
    let second = Running::start(&rig, |_| {}).await;
    for number in 1..=50 {
        sent.push(rig.send(&second.base, number).await.expect("acknowledged without NATS"));
    }
    rig.nats.restart().await.unwrap();
    rig.expect_messages(51).await;
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    second.stop().await;
    assert_eq!(rig.messages().await, 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_may_come_and_go_under_load() {
    let rig = Rig::start().await;
    let running = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&running.base, 0).await];
    for round in 0..3 {
        let numbers = (round * 100 + 1)..=(round * 100 + 100);
        let sending = async {
            for number in numbers {
                sent.push(rig.send(&running.base, number).await.expect("acknowledged"));
            }
        };
        let restarting = async {
            rig.nats.kill().await.unwrap();
            rig.nats.restart().await.unwrap();
        };
        tokio::join!(sending, restarting);
    }
    rig.expect_messages(301).await;
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_stream_lost_after_it_acknowledged_is_published_again() {
    let rig = Rig::start().await;
    let running = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&running.base, 0).await];
    rig.expect_messages(1).await;

    // The state on the disk of a host that will lose its power.
    rig.nats.stop().await.unwrap();
    let (data, saved) = (rig.nats_dir.join("jetstream"), scratch("saved").join("jetstream"));
    copy(&data, &saved);
    rig.nats.restart().await.unwrap();

    for number in 1..=20 {
        sent.push(rig.send(&running.base, number).await.unwrap());
    }
    rig.expect_messages(21).await;
    rig.nats.kill().await.unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    copy(&saved, &data);
    rig.nats.restart().await.unwrap();

    rig.expect_messages(21).await;
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_is_degraded_while_there_is_no_stream() {
    let rig = Rig::start().await;
    let running = Running::start(&rig, |_| {}).await;
    rig.send_when_known(&running.base, 0).await;
    rig.expect_messages(1).await;
    for part in ["publishing", "streams"] {
        eventually("it works", || async { running.part(part).await == "up" }).await;
    }

    // The server is there, and has lost everything.
    rig.nats.stop().await.unwrap();
    std::fs::remove_dir_all(rig.nats_dir.join("jetstream")).unwrap();
    rig.nats.restart().await.unwrap();
    rig.send(&running.base, 1).await.expect("acknowledged");
    for part in ["publishing", "streams"] {
        eventually("it is told", || async { running.part(part).await == "degraded" }).await;
    }

    eventually("the streams are made again", || async {
        bus::streams::apply(&rig.bus, bus::streams::Replicas::default()).await.is_ok()
    })
    .await;
    rig.expect_messages(2).await;
    for part in ["publishing", "streams"] {
        eventually("it works again", || async { running.part(part).await == "up" }).await;
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_stream_means_that_the_stream_has_it() {
    let rig = Rig::start().await;
    let running =
        Running::start(&rig, |config| config.acknowledge_after = AcknowledgeAfter::Stream).await;
    rig.send_when_known(&running.base, 0).await;
    for number in 1..=20 {
        // A busy machine may be late with the stream's answer, which is told like a failure.
        rig.send_until_acknowledged(&running.base, number).await;
        assert_eq!(rig.messages().await, number + 1);
    }
    rig.nats.kill().await.unwrap();
    let answer = rig.send(&running.base, 21).await;
    assert_eq!(answer, Err(Some(StatusCode::SERVICE_UNAVAILABLE)));
    rig.nats.restart().await.unwrap();
    rig.expect_messages(22).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_server_will_not_take_stops_nothing_and_is_tried_again_later() {
    const MIB: usize = 1024 * 1024;
    let rig = Rig::configured(|options| options.max_payload = 1024 * 1024).await;
    let running = Running::start(&rig, |_| {}).await;
    let mut sent = vec![rig.send_when_known(&running.base, 0).await];
    sent.push(rig.send_long(&running.base, 1, 2 * MIB).await.expect("acknowledged"));
    sent.push(rig.send(&running.base, 2).await.expect("acknowledged"));
    rig.expect_messages(2).await;
    running.stop().await;

    let rig = rig.reconfigure(|_| {}).await;
    let running = Running::start(&rig, |_| {}).await;
    rig.expect_messages(3).await;
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_long_had_is_not_published_again_with_what_it_refused_beside_it() {
    const MIB: usize = 1024 * 1024;
    let rig = Rig::configured(|options| options.max_payload = 1024 * 1024).await;
    // Nothing is kept on account of its age, and the server soon forgets what it has.
    rig.shorten_the_window(1).await;
    let brief = |config: &mut Config| config.journal_keep_seconds = 0;
    let running = Running::start(&rig, brief).await;
    let mut sent = vec![rig.send_when_known(&running.base, 0).await];
    let (short, long) =
        tokio::join!(rig.send(&running.base, 1), rig.send_long(&running.base, 2, 2 * MIB));
    sent.extend([short.expect("acknowledged"), long.expect("acknowledged")]);
    rig.expect_messages(2).await;
    let kept = webhook_receiver::journal::read(&rig.journal).unwrap();
    let last = kept.map(|found| found.unwrap().record.sequence).last().unwrap();
    eventually("the journal notes since when it need not be published", || async {
        rig.is_published(last) && rig.settled() == 1
    })
    .await;
    running.stop().await;

    let before = rig.healed();
    let rig = rig.reconfigure(|_| {}).await;
    let running = Running::start(&rig, brief).await;
    eventually("the server has everything", || async {
        rig.healed().is_some_and(|healed| Some(healed) != before)
    })
    .await;
    assert_eq!(rig.messages().await, 3);
    assert_eq!(rig.ids().await, sent.into_iter().collect());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_another_run_of_the_server_will_not_take_stays_in_the_journal() {
    const MIB: usize = 1024 * 1024;
    let rig = Rig::start().await;
    let running = Running::start(&rig, |_| {}).await;
    rig.send_when_known(&running.base, 0).await;
    let long = rig.send_long(&running.base, 1, 2 * MIB).await.expect("acknowledged");
    rig.expect_messages(2).await;
    running.stop().await;

    let rig = rig.reconfigure(|options| options.max_payload = 1024 * 1024).await;
    let running = Running::start(&rig, |_| {}).await;
    eventually("the journal knows which one the server may lack", || async {
        let kept = webhook_receiver::journal::read(&rig.journal).unwrap();
        let lacking = kept.map(Result::unwrap).filter(|found| !found.published);
        lacking.map(|found| found.record.inbound.id.to_string()).eq([long.clone()])
    })
    .await;
    running.stop().await;

    let rig = rig.reconfigure(|_| {}).await;
    let running = Running::start(&rig, |_| {}).await;
    eventually("the server has taken it", || async {
        let mut kept = webhook_receiver::journal::read(&rig.journal).unwrap();
        kept.all(|found| found.unwrap().published)
    })
    .await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_removed_is_refused() {
    let rig = Rig::start().await;
    let running = Running::start(&rig, |_| {}).await;
    rig.send_when_known(&running.base, 0).await;
    rig.bus.sources().remove(rig.source.account).await.unwrap();
    eventually("the source is unknown", || async {
        rig.send(&running.base, 1).await == Err(Some(StatusCode::NOT_FOUND))
    })
    .await;
    running.stop().await;
}
