//! Waiting until something has come so far.

use bus::Consumer;
use domain::MessageId;
use testkit::{eventually, eventually_some};

use super::{Row, Stage};

impl Stage {
    /// Waits until a reply has this state; gives back the row.
    pub async fn reaches(&self, message: MessageId, state: &str) -> Row {
        let what = format!("the reply is {state}");
        eventually_some(&what, || async {
            let row = self.row(message).await;
            (row.state == state).then_some(row)
        })
        .await
    }

    /// How the tries at a reply ended, without those at the beginning that were not made, because a busy machine had
    /// taken most of their time.
    pub async fn attempts_made(&self, reply: MessageId) -> Vec<Option<String>> {
        let mut attempts = self.attempts(reply.0).await;
        let held_back = attempts.iter().take_while(|end| end.as_deref() == Some("retry")).count();
        attempts.drain(..held_back);
        attempts
    }

    /// Waits until no wake-up is in hand or on its way.
    pub async fn is_idle(&self) {
        eventually("nothing is being handled", || async {
            self.world.bus.unsettled(Consumer::OutboundWorker).await.unwrap() == 0
        })
        .await;
    }

    /// Waits until every command is settled; nothing may have become a dead letter.
    pub async fn all_settled(&self) {
        eventually("the outbox is empty", || async { self.waiting().await == 0 }).await;
        assert_eq!(self.world.bus.dead_letters().count().await.unwrap(), 0);
    }
}
