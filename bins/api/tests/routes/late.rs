//! Messages of the customer that come after the mark, though they were written before it.

use domain::ConversationId;
use serde_json::json;
use testkit::sqlx;

use crate::support::{Seed, Served, at};

/// A conversation that somebody has read, of which one message is still to come.
struct Late {
    served: Served,
    seed: Seed,
    id: ConversationId,
    path: String,
}

impl Late {
    async fn read() -> Self {
        let served = Box::pin(Served::start()).await;
        let seed = Seed { messages: vec![("incoming", "1")], ..Seed::open(1) };
        let id = served.write(&seed).await;
        let late = Self { served, seed, id, path: format!("/conversations/{id}") };
        late.mark("read").await;
        assert_eq!(late.unread().await, 0);
        late
    }

    async fn mark(&self, how: &str) {
        let answer = self.served.post(&format!("{}/{how}", self.path), &json!(null)).send().await;
        assert_eq!(answer.unwrap().status(), 204);
    }

    /// The next message comes, dated a second after the one before, long before the mark.
    async fn comes(&mut self) {
        self.seed.messages.push(("incoming", "2"));
        self.served.write(&self.seed).await;
    }

    async fn unread(&self) -> i64 {
        self.served.read(&self.path).await["unreadCount"].as_i64().unwrap()
    }

    async fn execute(&self, statement: &'static str) {
        let mut transaction = self.served.world.store.worker().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_not_there_when_a_conversation_was_read_is_unread() {
    let mut late = Late::read().await;
    let seen = late.served.read(&late.path).await["seenUntil"].clone();
    assert_eq!(seen, json!("2026-09-21T14:13:20.999999Z"));
    late.comes().await;
    assert_eq!(late.unread().await, 1);
    late.mark("read").await;
    assert_eq!(late.unread().await, 0);
    late.mark("unread").await;
    assert_eq!(late.unread().await, 1);
}

/// Some of Chatwoot's answers tell in whole seconds when a message was written, and others tell it exactly later.
#[tokio::test]
async fn within_the_second_of_the_newest_message_numbers_tell_what_was_there() {
    let mut late = Late::read().await;
    late.execute("update messages set created_at = created_at + interval '0.4 s'").await;
    assert_eq!(late.unread().await, 0, "it was there");
    late.comes().await;
    late.execute(
        "update messages set created_at = date_trunc('second', created_at) - interval '1 s'
         where chatwoot_id = 101",
    )
    .await;
    assert_eq!(late.unread().await, 1, "it came within the same second");
    late.mark("read").await;
    assert_eq!(late.unread().await, 0);
}

/// Chatwoot, told of the mark, dates it later than what it could not cover.
#[tokio::test]
async fn the_echo_of_a_mark_hides_nothing_and_a_look_in_chatwoot_counts() {
    let mut late = Late::read().await;
    late.comes().await;
    late.execute("update conversations set agent_last_seen_at = '2026-09-21T14:14:00Z'").await;
    late.execute("update conversations set marked_at = '2026-09-21T14:13:59Z'").await;
    assert_eq!(late.unread().await, 0, "somebody looked");
    let tag = async || late.served.read(&late.path).await["updatedAt"].clone();
    let before = tag().await;
    let mut transaction = late.served.world.store.worker().await.unwrap();
    store::conversations::mark_told(&mut transaction, late.id, at(40)).await.unwrap();
    store::commit(transaction).await.unwrap();
    assert_eq!(late.unread().await, 1, "it was the mark that somebody made here");
    assert_ne!(tag().await, before);
    late.execute("update conversations set agent_last_seen_at = '2026-09-21T14:14:05Z'").await;
    assert_eq!(late.unread().await, 0, "somebody looked then");
}
