//! Workers that are killed before they know what Chatwoot did.

use chatwoot_sim::Rule;
use domain::MessageId;
use outbound_worker::Config;
use store::{attempts, outbox};
use testkit::{eventually, sqlx};
use tokio::task::JoinHandle;

use super::{Chatwoot, Conversation, Stage, config};

impl Stage {
    /// A reply that Chatwoot keeps, and whose worker was killed before it knew.
    pub async fn reply_of_a_killed_worker(
        &self,
        chatwoot: &Chatwoot,
        to: &Conversation,
        text: &str,
    ) -> MessageId {
        let worker = self.worker_without_answer(chatwoot).await;
        let reply = self.write(chatwoot, to, text).await;
        self.kill_without_answer(worker, chatwoot, to).await;
        reply
    }

    /// The reply of a killed worker, deleted in Chatwoot before it was looked for, and its number there.
    pub async fn deleted_reply(&self, chatwoot: &Chatwoot, to: &Conversation) -> (MessageId, i64) {
        let reply = self.reply_of_a_killed_worker(chatwoot, to, "Oops").await;
        let messages = chatwoot.sim().messages(1, to.number).unwrap();
        let number = messages.last().unwrap()["id"].as_i64().unwrap();
        chatwoot.sim().delete_message(1, to.number, number).unwrap();
        (reply, number)
    }

    /// A try at what comes first in a conversation, of a worker that died before Chatwoot heard of it.
    pub async fn try_of_a_dead_worker(&self, of: &Conversation) {
        let mut transaction = self.world.store.worker().await.unwrap();
        let entry = outbox::head(&mut transaction, of.id).await.unwrap().unwrap();
        let counted = outbox::count_attempt(&mut transaction, entry.operation).await.unwrap();
        assert_eq!(counted.map(|tries| tries.made), Some(1));
        let begun = attempts::begin(&mut transaction, &entry, 0, 0).await.unwrap();
        assert_eq!(begun, Some(1));
        store::commit(transaction).await.unwrap();
    }

    /// As if the workers of all tries had been away since.
    pub async fn seven_hours_pass_since_all_tries(&self) {
        let mut transaction = self.world.store.worker().await.unwrap();
        for statement in [
            "update outbound_attempts
             set outcome = 'unknown', started_at = now() - interval '7 hours',
                 finished_at = now() - interval '7 hours'",
            "update outbox set created_at = now() - interval '7 hours'",
        ] {
            sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        }
        store::commit(transaction).await.unwrap();
    }

    /// A worker that waits for Chatwoot's answer to its first message, which Chatwoot keeps and does not
    /// answer.
    pub async fn worker_without_answer(
        &self,
        chatwoot: &Chatwoot,
    ) -> JoinHandle<anyhow::Result<()>> {
        chatwoot.fails_to_create(|rest| {
            rest.stored_then_timeout = Rule::next(1);
            rest.timeout_ms = 60_000;
        });
        self.worker(&Config { chatwoot_timeout_seconds: 60, ..config() }).await
    }

    /// Kills it once Chatwoot has the message.
    pub async fn kill_without_answer(
        &self,
        worker: JoinHandle<anyhow::Result<()>>,
        chatwoot: &Chatwoot,
        of: &Conversation,
    ) {
        eventually("Chatwoot has it", || async { chatwoot.texts(of).len() == 1 }).await;
        worker.abort();
        worker.await.unwrap_err();
    }
}
