//! Who is in the middle of something waits for its host's next token, and holds up nobody else by that.

use outbound_worker::Config;
use store::hosts;
use testkit::eventually;

use crate::stage::{Stage, config};

/// A host allows one request at the beginning and the next one in a minute, after all that is looked at
/// here. One of the four places is for those who wait for that.
fn scarce() -> Config {
    Config { chatwoot_requests_per_minute: 1, outbound_concurrency: 4, ..config() }
}

impl Stage {
    /// How many requests each host was asked for so far.
    async fn granted(&self) -> Vec<i64> {
        let mut transaction = self.world.store.worker().await.unwrap();
        let known = hosts::list(&mut transaction).await.unwrap();
        known.iter().map(|host| host.granted).collect()
    }
}

/// As many as there are places are in the middle of a look, each at a Chatwoot of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_replies_that_wait_for_busy_hosts_leave_most_places_to_others() {
    const BUSY: usize = 4;
    let stage = Stage::empty().await;
    let mut replies = Vec::new();
    for _ in 0..BUSY {
        let busy = stage.chatwoot("acme").await;
        let conversation = stage.conversation(&busy).await;
        replies.push(stage.write(&busy, &conversation, "Hello").await);
        stage.try_of_a_dead_worker(&conversation).await;
    }
    stage.worker(&scarce()).await;
    eventually("each has asked for a first page", || async { stage.granted().await == [1; BUSY] })
        .await;
    let quick = stage.chatwoot("zeta").await;
    let conversation = stage.conversation(&quick).await;
    let reply = stage.write(&quick, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    eventually("one waits there, and the others were put off", || async {
        let mut put_off = 0;
        for reply in &replies {
            let reason = stage.row(*reply).await.reason.unwrap_or_default();
            put_off += usize::from(reason.contains("many messages"));
        }
        put_off == BUSY - 1
    })
    .await;
    for reply in replies {
        // Whoever came to the end of its look has noted that it was in vain.
        assert_eq!(stage.attempts(reply.0).await, [Some("unknown".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_to_end_waits_for_no_host() {
    let mut stage = Stage::empty().await;
    let busy = stage.chatwoot("acme").await;
    // Chatwoot outlives the worker.
    let _simulated = std::mem::take(&mut stage.shutdown).drop_guard();
    let conversation = stage.conversation(&busy).await;
    let reply = stage.write(&busy, &conversation, "Hello").await;
    stage.try_of_a_dead_worker(&conversation).await;
    let worker = stage.worker(&scarce()).await;
    eventually("it has asked for a first page", || async { stage.granted().await == [1] }).await;
    stage.shutdown.cancel();
    worker.await.unwrap().unwrap();
    assert_eq!(stage.granted().await, [1], "it has waited for a second one");
    assert_eq!(stage.attempts(reply.0).await, [Some("unknown".to_owned())]);
    assert_eq!(stage.waiting().await, 1);
}

/// There is one token, and it is the reply's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_does_not_wait_until_it_is_known_as_which_user_it_goes_out() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.worker(&scarce()).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "sent").await;
    assert_eq!(stage.granted().await, [1], "Chatwoot was asked for the user first");
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
}
