//! P1: a stream is never the only copy. NATS comes back without the last of what it had confirmed:
//! the receiver's journal fills INBOUND again, the outbox OUTBOUND, and screens are told to read
//! again, after which they miss nothing.

use std::future::ready;

use secrecy::ExposeSecret as _;
use testkit::sqlx::{self, Connection as _};
use testkit::{eventually, eventually_some};

use crate::faults::{check, nothing_was_refused};
use crate::screen::{Screen, activities};
use crate::system::{ACCOUNT, System, Workers};

const CONVERSATIONS: usize = 3;

#[tokio::test]
async fn what_every_stream_lost_is_filled_again() {
    lose(&[]).await;
}

#[tokio::test]
async fn what_every_stream_lost_is_filled_again_though_all_programs_died_with_it() {
    lose(&["webhook-receiver", "api"]).await;
}

#[tokio::test]
async fn what_a_server_lost_with_its_disk_is_filled_again_once_the_streams_are_made() {
    let mut system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let (place, _) = system.sim.start_conversation(ACCOUNT, "start").unwrap();
    let id = system.conversation(place).await["id"].as_str().unwrap().to_owned();
    let conversations = [(place, id)];
    talk(&system, &conversations, 0..3).await;
    drained(&system).await;
    for worker in ["sync-worker 1", "outbound-worker 1"] {
        system.programs.get_mut(worker).unwrap().kill().await;
    }
    talk(&system, &conversations, 3..6).await;
    system.world.lose_all_streams().await;
    // The receiver acknowledges all the same.
    talk(&system, &conversations, 6..9).await;
    for worker in ["sync-worker 1", "outbound-worker 1"] {
        let program = system.programs.get_mut(worker).unwrap();
        program.launch_again();
        eventually("without its streams it ends", || ready(program.has_ended())).await;
    }

    system.operate(&["streams", "apply"]).await;
    system.operate(&["accounts", "publish"]).await;
    for worker in ["sync-worker 1", "outbound-worker 1"] {
        system.programs.get_mut(worker).unwrap().start_again().await;
    }
    publish_outbox_again(&system).await;
    talk(&system, &conversations, 9..11).await;
    drained(&system).await;
    nothing_was_refused(&system).await;
    check(&system, 0, place, &conversations[0].1).await;
    system.stop().await;
}

/// Loses what the streams got while both workers were away and before, with these programs.
async fn lose(died: &[&str]) {
    let mut system = System::start(Workers { sync: 1, outbound: 1 }).await;
    let mut there = Screen::open(&system, None).await;
    assert_eq!(there.next().await.unwrap().0, "ready");
    let mut conversations = Vec::new();
    for n in 0..CONVERSATIONS {
        let (place, _) = system.sim.start_conversation(ACCOUNT, &format!("start {n}")).unwrap();
        let row = system.conversation(place).await;
        conversations.push((place, row["id"].as_str().unwrap().to_owned()));
    }
    talk(&system, &conversations, 0..3).await;
    drained(&system).await;
    let mut away = Screen::open(&system, None).await;
    away.follow(&system, &activities(&system).await).await;

    let earlier = system.world.keep_streams().await;
    let kept = eventually_some("NATS answers", || held(&system)).await;
    // Some of it is done, told and confirmed by everybody before it is lost, …
    talk(&system, &conversations, 3..6).await;
    drained(&system).await;
    there.follow(&system, &activities(&system).await).await;
    assert_eq!((there.resets, away.resets), (0, 0));
    // … some waits in the streams.
    for worker in ["sync-worker 1", "outbound-worker 1"] {
        system.programs.get_mut(worker).unwrap().kill().await;
    }
    talk(&system, &conversations, 6..9).await;
    let waiting = async |stream: &'static str| {
        let consumers = system.world.bus.stream(stream).await.unwrap().consumers;
        consumers.iter().map(|one| one.pending + one.ack_pending).sum::<u64>()
    };
    let questions = 3 * CONVERSATIONS as u64;
    eventually("events wait in INBOUND", async || waiting("INBOUND").await >= questions).await;
    let before = eventually_some("NATS answers", || held(&system)).await;
    assert!(before >= kept + 2 * questions, "{kept} events were kept of {before}");
    for program in died {
        system.programs.get_mut(*program).unwrap().kill().await;
    }
    system.world.lose_streams_since(&earlier).await;
    for program in ["webhook-receiver", "api"].into_iter().filter(|name| died.contains(name)) {
        system.programs.get_mut(program).unwrap().start_again().await;
    }
    for worker in ["sync-worker 1", "outbound-worker 1"] {
        system.programs.get_mut(worker).unwrap().start_again().await;
    }
    let filled = async || held(&system).await.is_some_and(|now| now >= before);
    eventually("the journal has filled INBOUND again", filled).await;
    publish_outbox_again(&system).await;

    talk(&system, &conversations, 9..11).await;
    drained(&system).await;
    nothing_was_refused(&system).await;
    for (n, (place, id)) in conversations.iter().enumerate() {
        check(&system, n, *place, id).await;
    }
    let last = away.last.clone();
    let mut back = Screen::open(&system, last.as_deref()).await;
    back.known = away.known;
    for (who, screen) in [("connected", &mut there), ("away", &mut back)] {
        // What Chatwoot tells last may be applied while the others are followed.
        let mut all = activities(&system).await;
        loop {
            screen.follow(&system, &all).await;
            let now = activities(&system).await;
            if now == all {
                break;
            }
            all = now;
        }
        assert_eq!(screen.resets, 1, "who was {who} is told to read again");
        assert_eq!(screen.known, all, "who was {who}");
    }
    drop((there, back));
    system.stop().await;
}

/// A question and an answer in each conversation, so many times.
async fn talk(system: &System, conversations: &[(i64, String)], rounds: std::ops::Range<usize>) {
    for round in rounds {
        for (n, (place, id)) in conversations.iter().enumerate() {
            system.sim.customer_writes(ACCOUNT, *place, &format!("question {round}")).unwrap();
            system.reply(id, &format!("answer {round} in {n}")).await;
        }
    }
    system.sim.settled().await;
}

/// Waits until all that was received is applied and all that was written is sent and settled.
pub async fn drained(system: &System) {
    eventually("the outbox is empty", async || {
        let url = system.world.store_config.database_url.expose_secret();
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        let left: i64 = sqlx::query_scalar("select count(*) from outbox")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        left == 0
    })
    .await;
    system.sim.settled().await;
    eventually("all events are processed", async || {
        let Ok(stream) = system.world.bus.stream("INBOUND").await else { return false };
        stream.consumers.iter().all(|one| (one.pending, one.ack_pending) == (0, 0))
    })
    .await;
}

/// How many events INBOUND holds; none while NATS does not answer.
async fn held(system: &System) -> Option<u64> {
    system.world.bus.stream("INBOUND").await.ok().map(|stream| stream.messages)
}

/// The relay publishes again after a minute, which nobody has to wait for here.
async fn publish_outbox_again(system: &System) {
    let url = system.world.store_config.database_url.expose_secret();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::query("update outbox set due_at = now() where due_at > now()")
        .execute(&mut connection)
        .await
        .unwrap();
}
