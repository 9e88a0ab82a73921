//! Answers that are larger than what is read at once (P7).

use crate::support::stage::{FAST, Stage};
use sync_worker::reconcile;

/// In the answers of Chatwoot, a megabyte stands in the place of this.
const MEGABYTE: &str = "\u{a7}";

async fn inflate(stage: &Stage) {
    stage.behind_answers(|body| body.replace(MEGABYTE, &"x".repeat(1 << 20))).await;
}

/// The conversations that are held to be gone, and the messages of each of the others.
async fn compared(stage: &Stage) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
    let gone = "select to_jsonb(display_id) from conversations where gone_at > version_at";
    let messages = "select to_jsonb(count(m.id)) from conversations c
         left join messages m on m.conversation_id = c.id where c.gone_at <= c.version_at
         group by c.id order by c.display_id";
    (stage.rows(gone).await, stage.rows(messages).await)
}

/// Each conversation shows its newest message twice, so twenty-five of them have fifty megabytes.
#[tokio::test(flavor = "multi_thread")]
async fn the_conversations_of_pages_that_are_too_large_are_read_one_by_one() {
    let (stage, conversations) = Stage::untold(60).await;
    let sim = stage.chatwoot.sim.clone();
    stage.everything().await;
    // The first two pages. Of the second, one is gone that is known here.
    for conversation in &conversations[..50] {
        sim.customer_writes(1, *conversation, MEGABYTE).unwrap();
    }
    sim.delete_conversation(1, conversations[30]).unwrap();
    inflate(&stage).await;
    let mut done = 0;
    let told = |at: &reconcile::Reached| done = at.progress.walk.done;
    let backfill = stage.backfill();
    let reached = backfill.everything(stage.account.key, FAST, true, &stage.shutdown, told).await;
    let reached = reached.unwrap();
    assert!(reached.complete && reached.unread.is_empty(), "{reached:?}");
    assert_eq!(done, 59);
    stage.settled().await;
    let (gone, messages) = compared(&stage).await;
    assert_eq!(gone, [conversations[30]]);
    assert_eq!(messages, [vec![2; 49], vec![1; 10]].concat());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_messages_that_are_too_large_together_only_those_are_left_out_that_are_too_large_alone()
{
    let (stage, conversations) = Stage::untold(2).await;
    let sim = stage.chatwoot.sim.clone();
    for number in 0..40 {
        // Between the messages of a conversation there are those of others.
        for conversation in &conversations {
            let text = if number == 17 { MEGABYTE.repeat(17) } else { MEGABYTE.to_owned() };
            sim.customer_writes(1, *conversation, &format!("{number} {text}")).unwrap();
        }
    }
    inflate(&stage).await;
    stage.everything().await;
    assert_eq!(compared(&stage).await.1, [40, 40]);
    let mut unread = stage.status().await.unread;
    unread.sort();
    let of = |conversation: &i64| {
        let message = &sim.messages(1, *conversation).unwrap()[18]["id"];
        let why = "the answer is too large, since 16 MiB are read at most";
        format!("message {message} of conversation {conversation}: {why}")
    };
    let expected: Vec<String> = conversations.iter().map(of).collect();
    assert_eq!(unread, expected);
    stage.end().await;
}
