//! Programs that are killed while customers write and agents answer: nothing that was acknowledged
//! is missing, nothing is doubled, replies leave in their order.

use std::collections::BTreeSet;

use chatwoot_sim::{Delivery, Faults, Outcome, Shuffle, WebhookFaults};
use serde_json::Value;
use testkit::eventually_some;

use crate::system::{ACCOUNT, System, Workers};

const ROUNDS: usize = 12;
const CONVERSATIONS: usize = 3;

#[tokio::test]
async fn the_receiver_may_be_killed() {
    survive("webhook-receiver", Workers { sync: 1, outbound: 1 }).await;
}

#[tokio::test]
async fn a_sync_worker_may_be_killed() {
    survive("sync-worker 1", Workers { sync: 1, outbound: 1 }).await;
}

#[tokio::test]
async fn an_outbound_worker_may_be_killed() {
    survive("outbound-worker 1", Workers { sync: 1, outbound: 1 }).await;
}

#[tokio::test]
async fn the_api_may_be_killed() {
    survive("api", Workers { sync: 1, outbound: 1 }).await;
}

#[tokio::test]
async fn two_workers_of_each_do_the_work_of_one_and_one_of_them_may_be_killed() {
    survive("outbound-worker 2", Workers { sync: 2, outbound: 2 }).await;
}

/// Customers write and agents answer in every conversation, webhooks arrive shuffled and twice, and
/// the victim is killed and started again twice in between.
async fn survive(victim: &str, workers: Workers) {
    let mut system = System::start(workers).await;
    let places: Vec<i64> = (0..CONVERSATIONS)
        .map(|n| system.sim.start_conversation(ACCOUNT, &format!("start {n}")).unwrap().0)
        .collect();
    let mut conversations = Vec::new();
    for place in &places {
        let row = system.conversation(*place).await;
        conversations.push(row["id"].as_str().unwrap().to_owned());
    }
    let webhooks = WebhookFaults {
        shuffle: Shuffle { window: 5, hold_ms: 50 },
        redispatch: chatwoot_sim::Rule::chance(0.2),
        duplicate: chatwoot_sim::Rule::chance(0.2),
        ..WebhookFaults::default()
    };
    system.sim.set_faults(Faults { webhooks, ..Faults::default() }).unwrap();

    for round in 0..ROUNDS {
        if round % 5 == 3 {
            system.programs.get_mut(victim).unwrap().kill().await;
        }
        for (n, place) in places.iter().enumerate() {
            system.sim.customer_writes(ACCOUNT, *place, &format!("question {round}")).unwrap();
            let api_is_down = victim == "api" && round % 5 == 3;
            if !api_is_down {
                system.reply(&conversations[n], &format!("answer {round} in {n}")).await;
            }
        }
        if round % 5 == 3 {
            system.programs.get_mut(victim).unwrap().start_again().await;
        }
    }
    system.sim.settled().await;
    if victim != "webhook-receiver" {
        nothing_was_refused(&system).await;
    }
    for (n, place) in places.iter().enumerate() {
        check(&system, n, *place, &conversations[n]).await;
    }
    system.stop().await;
}

/// Sees that each reply is there once and in order, and that all that was acknowledged is applied.
pub async fn check(system: &System, n: usize, place: i64, conversation: &str) {
    // Not what the API has now: a reply that it lost would be expected by nobody.
    let posted = system.posted(conversation);
    assert!(!posted.is_empty(), "somebody has answered");
    let mut wrote = eventually_some("all replies are sent", || async {
        let rows = system.messages(conversation).await?;
        let ours: Vec<_> = rows.into_iter().filter(|row| !row["clientId"].is_null()).collect();
        let is_sent = |reply: &String| {
            ours.iter().any(|row| row["content"] == reply.as_str() && row["state"] == "sent")
        };
        posted.iter().all(is_sent).then(|| ours.iter().map(text).collect::<Vec<_>>())
    })
    .await;
    system.sim.settled().await;
    let truth = system.truth(place);
    let has: Vec<String> =
        truth.iter().map(text).filter(|content| content.starts_with("answer")).collect();
    assert_eq!(has, posted, "each reply once and in order");
    assert!(has.iter().all(|answer| answer.ends_with(&format!("in {n}"))));
    wrote.sort();
    let mut each = posted;
    each.sort();
    assert_eq!(wrote, each, "nothing else is there as a reply");

    // What Chatwoot was told had arrived is there, once; so is what a later body mentioned.
    let known: BTreeSet<i64> = truth.iter().filter_map(|message| message["id"].as_i64()).collect();
    let deliveries = system.sim.deliveries();
    let arrived = deliveries.iter().filter(|one| one.event == "message_created");
    let arrived = arrived.filter(|one| is_acknowledged(one)).map(|one| one.subject_id);
    let acknowledged: BTreeSet<i64> = arrived.filter(|id| known.contains(id)).collect();
    let present: BTreeSet<i64> =
        eventually_some("all that was acknowledged is applied", || async {
            let rows = system.messages(conversation).await?;
            let present: BTreeSet<i64> =
                rows.iter().filter_map(|row| row["chatwootId"].as_i64()).collect();
            assert_eq!(present.len(), rows.len(), "no message twice: {rows:#?}");
            acknowledged.is_subset(&present).then_some(present)
        })
        .await;
    assert!(present.is_subset(&known), "nothing that Chatwoot does not have");
}

fn text(message: &Value) -> String {
    message["content"].as_str().unwrap().to_owned()
}

/// Sees that Chatwoot could deliver all that it tells of. Where the receiver is down it cannot: it
/// tries once and forgets. So it does if the machine's disk takes longer than it waits, which the receiver tells apart.
pub async fn nothing_was_refused(system: &System) {
    let deliveries = system.sim.deliveries();
    let mut failed: Vec<_> = deliveries.iter().filter(|one| !is_acknowledged(one)).collect();
    let receiver = &system.programs["webhook-receiver"];
    let metrics = system.http.get(format!("{}/metrics", receiver.url())).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let of_disk = metrics.lines().filter_map(|line| {
        let (labels, count) = line.strip_prefix("axis_webhook_refused_total{")?.split_once("} ")?;
        labels.contains(r#"reason="journal-unwritable""#).then(|| count.parse::<usize>().unwrap())
    });
    let of_disk: usize = of_disk.sum();
    failed.sort_by_key(|one| one.outcome == Outcome::Answered { status: 503 });
    for _ in 0..of_disk {
        let refused = failed.pop().map(|one| one.outcome.clone());
        assert_eq!(refused, Some(Outcome::Answered { status: 503 }));
    }
    let log = std::fs::read_to_string(receiver.log()).unwrap();
    assert!(!log.contains("the journal cannot be written"), "{log}");
    assert!(failed.is_empty(), "the receiver was there all the time: {failed:#?}");
}

fn is_acknowledged(delivery: &Delivery) -> bool {
    matches!(delivery.outcome, Outcome::Answered { status } if (200..300).contains(&status))
}
