//! What is kept of a body.

use super::*;

#[tokio::test]
async fn the_tokens_of_visitors_sessions_are_checked_with_the_rest_and_not_kept() {
    let source = source(&key(), 7, &["s"]);
    let desk = Desk::with(&[&source]);
    let body = |token: &str, padding: usize| {
        let contact_inbox = json!({ "pubsub_token": token, "source_id": "x" });
        let content = "x".repeat(padding);
        let account = json!({ "id": 7 });
        let event = "conversation_updated";
        json!({ "event": event, "account": account, "contact_inbox": contact_inbox, "content": content })
            .to_string()
    };
    // The last one takes the way of long bodies.
    for (path, padding) in [(path_of(&source), 0), (String::new(), 0), (path_of(&source), 300_000)]
    {
        let sent = body("opensesame", padding);
        assert_eq!(desk.post(&path, "s", sent.as_bytes()).await.status(), 200);
        let kept = desk.kept().pop().unwrap().record;
        assert_eq!(kept.body, body("xxxxxxxxxx", padding));
        let id = domain::EventId::of(source.account, &kept.body, &[]);
        assert_eq!(kept.inbound.id, id, "the id is of what is kept");
    }
    let again = desk.kept().into_iter().map(|kept| kept.record.inbound.id);
    assert_eq!(again.collect::<std::collections::BTreeSet<_>>().len(), 2, "equal bodies are equal");
}
