//! What receivers say of what waits, and of what they refused.

use std::path::Path;

use chrono::Utc;
use domain::AccountKey;
use events::{Report, ReportRequest, Waiting, subject};
use secrecy::ExposeSecret as _;
use testkit::{Program, eventually, eventually_some, scratch};

use crate::rig::{Rig, answered};

/// A receiver with a journal of its own.
async fn start(rig: &Rig, journal: &Path) -> Program {
    let environment = [
        ("AXIS_SECRET_KEY", rig.key.as_str()),
        ("JOURNAL_DIR", journal.to_str().unwrap()),
        ("NATS_URL", rig.nats.url().expose_secret()),
        ("HOST", "127.0.0.1"),
    ];
    Program::start("webhook-receiver", &environment).await
}

/// What each receiver says that waits of an account, fewest first.
async fn waiting(rig: &Rig, account: AccountKey) -> Vec<Option<Vec<Waiting>>> {
    let mut waiting: Vec<_> =
        ask(rig, account).await.into_iter().map(|report| report.waiting).collect();
    waiting.sort_by_key(|waiting| waiting.iter().flatten().map(|one| one.events).sum::<u64>());
    waiting
}

async fn ask(rig: &Rig, account: AccountKey) -> Vec<Report> {
    let request = ReportRequest { accounts: vec![account, AccountKey::generate()] };
    let asked = serde_json::to_vec(&request).unwrap();
    let reports = rig.bus.ask_all(subject::REPORT, asked.into()).await.unwrap_or_default();
    reports.iter().map(|report| serde_json::from_slice(report).unwrap()).collect()
}

/// Waits until each receiver says that so many events wait. Returns since when those of each do, in microseconds, which
/// is how exactly a journal knows.
async fn expect(rig: &Rig, account: AccountKey, counts: &[u64]) -> Vec<i64> {
    eventually_some("all say what waits", || async {
        let waiting: Option<Vec<_>> = waiting(rig, account).await.into_iter().collect();
        let waiting: Vec<_> = waiting?.into_iter().flatten().collect();
        assert!(waiting.iter().all(|one| one.account == account), "{waiting:?}");
        let said: Vec<_> = waiting.iter().map(|one| one.events).collect();
        (said == counts).then(|| waiting.iter().map(|one| one.since.timestamp_micros()).collect())
    })
    .await
}

/// INBOUND takes nothing. Two receivers have something for it; one is killed, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn receivers_say_what_waits_in_their_journals_as_long_as_they_live() {
    let rig = Rig::start().await;
    let account = rig.source.account;
    let mut one = start(&rig, &rig.journal).await;
    let other = start(&rig, &scratch("other")).await;
    rig.send_when_known(&one.url(), 0).await;
    rig.send_when_known(&other.url(), 1).await;
    rig.expect_messages(2).await;
    let nothing = vec![Some(Vec::new()); 2];
    eventually("nothing waits", || async { waiting(&rig, account).await == nothing }).await;
    eventually("that is on the disk too", || async {
        let mut kept = webhook_receiver::journal::read(&rig.journal).unwrap();
        kept.all(|found| found.unwrap().published)
    })
    .await;

    rig.nats.stop().await.unwrap();
    let streams = rig.nats_dir.join("jetstream/jetstream/$G/streams");
    std::fs::remove_dir_all(streams.join("INBOUND")).unwrap();
    rig.nats.restart().await.unwrap();
    let begun = Utc::now().timestamp_micros();
    for number in 2..5 {
        rig.send(&one.url(), number).await.expect("acknowledged");
    }
    let sent = Utc::now().timestamp_micros();
    for number in 5..7 {
        rig.send(&other.url(), number).await.expect("acknowledged");
    }
    let since = expect(&rig, account, &[2, 3]).await;
    assert!(since[1] >= begun && since[1] <= sent && since[0] >= since[1], "{since:?}");

    one.kill().await;
    assert_eq!(expect(&rig, account, &[2]).await, since[..1]);
    one.start_again().await;
    assert_eq!(expect(&rig, account, &[2, 3]).await, since);

    answered(|| bus::streams::apply(&rig.bus, bus::streams::Replicas::default())).await;
    eventually("nothing waits any more", || async { waiting(&rig, account).await == nothing })
        .await;
    assert!(one.stop().await && other.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_says_what_it_refused_of_an_account() {
    let rig = Rig::start().await;
    let receiver = start(&rig, &rig.journal).await;
    rig.send_when_known(&receiver.url(), 0).await;
    let path = format!("api/v1/webhooks/chatwoot/{}", rig.source.account.token());
    for _ in 0..2 {
        let request = testkit::http().post(format!("{}/{path}", receiver.url()));
        let unsigned = request.header("content-type", "application/json").body("{}");
        assert_eq!(unsigned.send().await.unwrap().status(), 401);
    }
    let report = eventually_some("the receiver answers", || async {
        let [report] = <[Report; 1]>::try_from(ask(&rig, rig.source.account).await).ok()?;
        Some(report)
    })
    .await;
    let [refused] = &report.refused[..] else { panic!("{report:?}") };
    assert_eq!(refused.account, rig.source.account);
    assert_eq!(refused.webhooks, [("unsigned".to_owned(), 2)].into());
}
