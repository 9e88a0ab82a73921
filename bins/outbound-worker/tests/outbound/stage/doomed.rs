//! Workers that are killed before they know what Chatwoot did.

use chatwoot_sim::{Faults, RestFaults, Rule, Scope};
use domain::MessageId;
use outbound_worker::Config;
use testkit::eventually;
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

    /// A worker that waits for Chatwoot's answer to its first message, which Chatwoot keeps and does not
    /// answer.
    pub async fn worker_without_answer(
        &self,
        chatwoot: &Chatwoot,
    ) -> JoinHandle<anyhow::Result<()>> {
        let silent = RestFaults {
            scope: Scope::MessageCreate,
            stored_then_timeout: Rule::next(1),
            timeout_ms: 60_000,
            ..RestFaults::default()
        };
        chatwoot.sim().set_faults(Faults { rest: silent, ..Faults::default() }).unwrap();
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
