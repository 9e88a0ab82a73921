//! What the API shows of what only the receivers know.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountKey;
use events::{Refused, Report, ReportRequest, Waiting, subject};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use testkit::{World, eventually};
use tokio_util::task::AbortOnDropHandle;

use crate::support::Served;

/// Answers like a receiver whose journal holds what is said. `None` answers nothing at all.
async fn receiver(
    world: &World,
    report: impl Fn(Vec<AccountKey>) -> Option<Vec<u8>> + Send + 'static,
) -> AbortOnDropHandle<()> {
    let bus = bus::Bus::connect(&world.bus_config, "webhook-receiver").await.unwrap();
    let mut questions = bus.questions(subject::REPORT).await.unwrap();
    bus.flush().await;
    AbortOnDropHandle::new(tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            let asked: ReportRequest = serde_json::from_slice(&question.payload).unwrap();
            if let Some(answer) = report(asked.accounts) {
                question.answer(answer.into()).await.unwrap();
            }
        }
    }))
}

fn waiting(account: AccountKey, events: u64, since: DateTime<Utc>) -> Waiting {
    Waiting { account, events, since }
}

fn refused(account: AccountKey, webhooks: &[(&str, u64)]) -> Refused {
    let webhooks: BTreeMap<_, _> =
        webhooks.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    Refused { account, webhooks }
}

fn written(report: &Report) -> Vec<u8> {
    serde_json::to_vec(report).unwrap()
}

/// What the pipeline says of the receivers: how many they are, and what they hold and refused. It is at most two
/// seconds old.
async fn stage(served: &Served) -> (Value, Value, Value, Value) {
    let pipeline = served.read("/operations/pipeline").await;
    let stage = &pipeline["stages"][0];
    assert_eq!(stage["name"], "receiver");
    let of = |what: &str| stage[what].clone();
    (pipeline["receivers"].clone(), of("pending"), of("oldestAt"), of("errors"))
}

async fn expect(served: &Served, expected: (Value, Value, Value, Value)) {
    eventually("the pipeline says so", || async { stage(served).await == expected }).await;
}

async fn expect_account(served: &Served, expected: (Value, Value)) {
    eventually("the account's row says so", || async { account(served).await == expected }).await;
}

async fn account(served: &Served) -> (Value, Value) {
    let accounts = served.read("/operations/accounts").await;
    (accounts["data"][0]["journal"].clone(), accounts["data"][0]["refused"].clone())
}

/// P8: a receiver is asked about the tenant's accounts only, and what else it may say of others is not heard.
#[tokio::test]
async fn what_receivers_hold_is_added_up_for_the_tenant_that_it_is_of() {
    let served = Served::start().await;
    let (ours, theirs) = (served.ours.key, served.world.account("theirs", 2).await.key);
    let since = Utc::now() - TimeDelta::minutes(3);
    let later = since + TimeDelta::minutes(1);
    let of_one = Report {
        waiting: Some(vec![waiting(ours, 3, later), waiting(theirs, 50, since)]),
        refused: vec![
            refused(ours, &[("signature", 2), ("stale", 1)]),
            refused(theirs, &[("busy", 9)]),
        ],
    };
    let of_other = Report {
        waiting: Some(vec![waiting(ours, 2, since)]),
        refused: vec![refused(ours, &[("signature", 4)])],
    };
    let (one, other) = (written(&of_one), written(&of_other));
    let _one = receiver(&served.world, move |asked| {
        assert_eq!(asked, [ours]);
        Some(one.clone())
    })
    .await;
    let other = receiver(&served.world, move |_| Some(other.clone())).await;

    expect(&served, (json!(2), json!(5), json!(since), json!(7))).await;
    let reasons = json!([{ "reason": "signature", "count": 6 }, { "reason": "stale", "count": 1 }]);
    let journal = json!({ "pending": 5, "oldestAt": since });
    expect_account(&served, (journal, reasons)).await;

    // One that is killed is heard of no more.
    drop(other);
    expect(&served, (json!(1), json!(3), json!(later), json!(3))).await;
}

#[tokio::test]
async fn what_no_receiver_says_is_not_known_and_what_waits_nowhere_is() {
    let served = Served::start().await;
    let nothing = Report { waiting: Some(Vec::new()), refused: Vec::new() };
    let unknown = (Value::Null, Value::Null, Value::Null, Value::Null);
    assert_eq!(stage(&served).await, unknown);
    assert_eq!(account(&served).await, (Value::Null, Value::Null));

    // One that hears, and does not get to answer.
    let silent = receiver(&served.world, |_| None).await;
    assert_eq!(account(&served).await, (Value::Null, Value::Null));
    drop(silent);

    let answer = written(&nothing);
    let _one = receiver(&served.world, move |_| Some(answer.clone())).await;
    expect(&served, (json!(1), json!(0), Value::Null, json!(0))).await;
    expect_account(&served, (json!({ "pending": 0, "oldestAt": null }), json!([]))).await;

    // One that was just started and has not read its journal yet.
    let fresh = written(&Report { waiting: None, ..nothing });
    let fresh = receiver(&served.world, move |_| Some(fresh.clone())).await;
    expect(&served, (json!(2), Value::Null, Value::Null, json!(0))).await;
    expect_account(&served, (Value::Null, json!([]))).await;
    drop(fresh);

    // One of another version.
    let _other = receiver(&served.world, |_| Some(b"all is well".to_vec())).await;
    expect(&served, unknown).await;
}
