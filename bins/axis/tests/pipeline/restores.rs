//! A database that was put back from a backup, while Chatwoot and the streams went on: by the steps of
//! docs/operations.md nothing is sent twice, what was received since is there again, and who was erased since is not.

use std::collections::BTreeSet;
use std::time::Duration;

use chatwoot_sim::Customer;
use chrono::{SecondsFormat, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::sqlx::{self, Connection as _};
use testkit::{Kept, eventually, eventually_some};

use crate::losses::drained;
use crate::system::{ACCOUNT, System, Workers};

const ALL_BUT_RECEIVERS: [&str; 3] = ["sync-worker 1", "outbound-worker 1", "api"];

/// Whom the operator has erased since the backup.
type Erased<'a> = &'a [i64];

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
    let began = now();
    let backup = backed_up(&mut system).await;
    system.sim.customer_writes(ACCOUNT, place, "question 1").unwrap();
    system.reply(&id, "answer 4").await;
    drained(&system).await;
    let sent = contents(&system.truth(place));
    assert_eq!(sent.iter().filter(|content| content.starts_with("answer")).count(), 5);

    put_back(&mut system, &backup, &began, &["reconcile", "now"], &[]).await;
    // Its client had no answer, and asks again.
    system.reply(&id, "answer 4").await;
    system.reply(&id, "answer 5").await;
    drained(&system).await;

    let truth = system.truth(place);
    let expected: Vec<String> = sent.into_iter().chain(["answer 5".to_owned()]).collect();
    assert_eq!(contents(&truth), expected, "each reply once, and in order");
    all_is_here(&system, place, &id).await;
    system.stop().await;
}

/// A sweep looks back a day at most, and INBOUND does not hold the reply's webhook any more.
#[tokio::test]
async fn what_was_approved_since_an_old_backup_is_found_by_a_backfill_and_not_sent_again() {
    const AGE: Duration = Duration::from_hours(50);
    let mut system = System::start(Workers { sync: 1, outbound: 1 }).await;
    system.sim.set_back(AGE);
    let (place, _) = system.sim.start_conversation(ACCOUNT, "question 0").unwrap();
    let id = system.conversation(place).await["id"].as_str().unwrap().to_owned();
    system.operate(&["backfill", "--account", "1"]).await;
    let proposal = json!({
        "conversationId": id, "type": "proposed_reply", "reason": "It promises a refund.",
        "metadata": { "content": "answer 0" },
    });
    let request = system.http.post(system.api("/approvals")).bearer_auth("mock-agent-token");
    let asked = request.json(&proposal).send().await.unwrap().error_for_status().unwrap();
    let asked: Value = asked.json().await.unwrap();
    let approval = format!("/approvals/{}", asked["id"].as_str().unwrap());
    drained(&system).await;
    let backup = backed_up(&mut system).await;
    approve(&system, &approval).await;
    drained(&system).await;
    assert_eq!(contents(&system.truth(place)), ["question 0", "answer 0"]);

    system.sim.advance(AGE);
    let compare = ["backfill", "--anew"];
    put_back(&mut system, &backup, &now(), &compare, &[]).await;
    approve(&system, &approval).await;
    drained(&system).await;
    assert_eq!(contents(&system.truth(place)), ["question 0", "answer 0"]);
    all_is_here(&system, place, &id).await;
    system.stop().await;
}

#[tokio::test]
async fn who_was_erased_since_the_backup_is_erased_again_after_everything_that_brings_them_back() {
    let mut system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let inbox = system.sim.inbox(ACCOUNT, "Channel::WebWidget").unwrap();
    let name = "Customer 77".to_owned();
    let customer = Customer { name: Some(name.clone()), ..Customer::default() };
    let contact = system.sim.create_contact(ACCOUNT, customer).unwrap();
    let place = system.sim.create_conversation(ACCOUNT, inbox, contact).unwrap();
    system.sim.customer_writes(ACCOUNT, place, "where is parcel 77?").unwrap();
    let id = system.conversation(place).await["id"].as_str().unwrap().to_owned();
    system.reply(&id, "parcel 77 is here").await;
    drained(&system).await;
    let began = now();
    let backup = backed_up(&mut system).await;
    system.sim.customer_writes(ACCOUNT, place, "thanks for parcel 77").unwrap();
    drained(&system).await;
    system.sim.delete_conversation(ACCOUNT, place).unwrap();
    system.sim.delete_contact(ACCOUNT, contact).unwrap();
    system.sim.settled().await;
    compared(&system, &["backfill", "--anew"], &[contact]).await;
    erased(&system, &[contact]).await;
    assert_eq!(left(&system, &name).await, 0, "the person is erased");

    put_back(&mut system, &backup, &began, &["backfill", "--anew"], &[contact]).await;
    drained(&system).await;
    assert_eq!(left(&system, &name).await, 0, "nothing has brought the person back");
    system.stop().await;
}

/// Copies the database while nothing is connected to it but what comes back by itself.
async fn backed_up(system: &mut System) -> Kept {
    for program in ALL_BUT_RECEIVERS {
        system.programs.get_mut(program).unwrap().kill().await;
    }
    let backup = testkit::keep(&system.world.store_config).await;
    for program in ALL_BUT_RECEIVERS {
        system.programs.get_mut(program).unwrap().start_again().await;
    }
    backup
}

/// The steps of docs/operations.md ("Backup and restore"), with the command that compares the account with Chatwoot.
async fn put_back(
    system: &mut System,
    backup: &Kept,
    from: &str,
    compare: &[&str],
    who: Erased<'_>,
) {
    for program in ALL_BUT_RECEIVERS {
        system.programs.get_mut(program).unwrap().kill().await;
    }
    testkit::restore(backup).await;
    system.operate(&["migrate"]).await;
    // It has to do with the workers, which are away, and with the database, which is an older copy.
    system.axis(&["doctor"]).await;
    let receiver = system.programs["webhook-receiver"].url();
    system.operate(&["webhook", "check", "--public-url", &receiver]).await;
    system.programs.get_mut("sync-worker 1").unwrap().start_again().await;
    system.operate(&["replay", "--from", from]).await;
    processed(system).await;
    compared(system, compare, who).await;
    erased(system, who).await;
    system.operate(&["db", "restored", "--yes"]).await;
    for program in ["outbound-worker 1", "api"] {
        system.programs.get_mut(program).unwrap().start_again().await;
    }
}

/// Compares the account with Chatwoot, and has what was found applied. That a person is gone is found after their
/// conversations.
async fn compared(system: &System, compare: &[&str], who: Erased<'_>) {
    let grace = ["--account", "1", "--grace", "0", "--per-second", "10000"];
    for _ in 0..=who.len().min(1) {
        system.operate(&[compare, &grace].concat()).await;
        processed(system).await;
    }
}

async fn erased(system: &System, who: Erased<'_>) {
    for contact in who {
        let contact = contact.to_string();
        let erase = ["erase", "--gone-for", "0", "--account", "1", "--contact", &contact, "--yes"];
        system.operate(&erase).await;
    }
}

async fn processed(system: &System) {
    eventually("all events are processed", async || {
        let stream = system.world.bus.stream("INBOUND").await.unwrap();
        stream.consumers.iter().all(|one| (one.pending, one.ack_pending) == (0, 0))
    })
    .await;
}

/// How many rows have something of the only customer.
async fn left(system: &System, name: &str) -> i64 {
    let url = system.world.store_config.database_url.expose_secret();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(
        "select (select count(*) from messages) + (select count(*) from contacts where name = $1)",
    )
    .bind(name)
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

async fn approve(system: &System, approval: &str) {
    eventually("it is approved", async || {
        let request = system.http.patch(system.api(approval)).bearer_auth("mock-token");
        let decided = request.json(&json!({ "status": "approved" })).send().await.unwrap();
        let status = decided.status();
        assert!(!status.is_client_error(), "{status}: {}", decided.text().await.unwrap());
        status.is_success()
    })
    .await;
}

async fn all_is_here(system: &System, place: i64, id: &str) {
    let numbers = |messages: &[Value], name: &str| -> BTreeSet<i64> {
        messages.iter().filter_map(|message| message[name].as_i64()).collect()
    };
    let truth = system.truth(place);
    eventually_some("all that Chatwoot has is here", async || {
        let rows = system.messages(id).await?;
        let same = numbers(&rows, "chatwootId") == numbers(&truth, "id");
        (same && rows.len() == truth.len()).then_some(())
    })
    .await;
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn contents(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}
