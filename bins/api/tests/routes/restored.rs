//! A database that was put back to an earlier time, and has learnt from Chatwoot what was sent since.

use domain::{MessageId, Role};
use serde_json::{Value, json};
use testkit::reqwest::Method;
use testkit::sqlx;

use crate::decisions::{ask, asked, caller, decide};
use crate::support::{Seed, Served, ids};

/// Forgets what was written and decided here, and learns of the message as a webhook tells of it.
async fn is_put_back(served: &Served, message: &Value, text: &str) {
    let id: MessageId = message.as_str().unwrap().parse().unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::raw_sql(
        "set local role none; set local row_security = off;
         delete from outbox;
         delete from messages where outbound_state is not null;
         update approvals
         set status = 'submitted', decision = null, decided_by = null, decided_by_id = null,
             decided_by_kind = null, decided_at = null, message_id = null, edited_content = null",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    store::commit(transaction).await.unwrap();
    served.write(&Seed { copies: vec![(101, id)], version: 2, ..Seed::open(1) }).await;
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::query("update messages set content = $1 where id = $2")
        .bind(domain::plain_text(text))
        .bind(id.0)
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
}

#[tokio::test]
async fn p4_a_reply_that_is_approved_again_is_not_sent_again() {
    let served = Served::start().await;
    let [ann, ben] = [caller(&served, Role::Approver).await, caller(&served, Role::Approver).await];
    let conversation = served.write(&Seed::open(1)).await.to_string();
    let messages = format!("/conversations/{conversation}/messages");
    let reply = json!({ "content": "Here." });
    let (path, _) = asked(&served, &conversation, "proposed_reply", reply).await;
    let edited = json!({ "status": "approved", "content": "There." });
    for (body, sent) in [(json!({ "status": "approved" }), "Here."), (edited, "There.")] {
        let answer = ask(&served, &ann, Method::PATCH, &path, &body).await;
        let message = answer.json::<Value>().await.unwrap()["messageId"].clone();
        is_put_back(&served, &message, sent).await;
        let answer = decide(&served, &ben, &path, "approved").await;
        assert_eq!(answer.status(), 200);
        let approval: Value = answer.json().await.unwrap();
        assert_eq!(approval["messageId"], message);
        assert_eq!(approval["editedContent"].as_str().unwrap_or("Here."), sent, "what was sent");
        assert_eq!(ids(&served.read(&messages).await), [message.as_str().unwrap()]);
        assert_eq!(served.commands().await, []);
        // As nobody had decided.
        is_put_back(&served, &message, sent).await;
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("delete from messages").execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

/// The lines of a form end as in no text that Chatwoot gives back.
#[tokio::test]
async fn a_reply_that_was_sent_as_proposed_has_not_been_edited() {
    let served = Served::start().await;
    let ben = caller(&served, Role::Approver).await;
    let conversation = served.write(&Seed::open(1)).await.to_string();
    for text in ["It left.\r\nAda", "It left.\n\\--\nAda\\\n"] {
        let reply = json!({ "content": text });
        let (path, _) = asked(&served, &conversation, "proposed_reply", reply).await;
        let answer = decide(&served, &ben, &path, "approved").await;
        let message = answer.json::<Value>().await.unwrap()["messageId"].clone();
        is_put_back(&served, &message, text).await;
        let answer = decide(&served, &ben, &path, "approved").await;
        assert_eq!(answer.status(), 200);
        let approval: Value = answer.json().await.unwrap();
        assert_eq!((&approval["messageId"], &approval["editedContent"]), (&message, &Value::Null));
        let mut transaction = served.world.store.worker().await.unwrap();
        sqlx::query("delete from messages").execute(&mut *transaction).await.unwrap();
        store::commit(transaction).await.unwrap();
    }
}

#[tokio::test]
async fn p4_what_a_client_sends_again_under_its_id_is_not_sent_again() {
    let served = Served::start().await;
    let conversation = format!("/conversations/{}", served.write(&Seed::open(1)).await);
    let seen = served.get(&conversation).send().await.unwrap().headers()["etag"].clone();
    let path = format!("{conversation}/messages");
    let send = async || {
        let request = served.post(&path, &json!({ "content": "Here.", "clientId": "c1" }));
        request.header("if-match", &seen).send().await.unwrap()
    };
    let first = send().await;
    assert_eq!(first.status(), 201);
    let message = first.json::<Value>().await.unwrap()["id"].clone();
    is_put_back(&served, &message, "Here.").await;
    for _ in 0..2 {
        let again = send().await;
        assert_eq!(again.status(), 200);
        let again: Value = again.json().await.unwrap();
        assert_eq!((&again["id"], &again["clientId"]), (&message, &json!("c1")));
    }
    assert_eq!(ids(&served.read(&path).await), [message.as_str().unwrap()]);
    assert_eq!(served.commands().await, []);
}

/// Its marker was forged.
#[tokio::test]
async fn a_reply_whose_id_a_message_elsewhere_has_is_sent_all_the_same() {
    let served = Served::start().await;
    let path = format!("/conversations/{}/messages", served.write(&Seed::open(1)).await);
    let reply = json!({ "content": "Here.", "clientId": "c1" });
    let first: Value = served.post(&path, &reply).send().await.unwrap().json().await.unwrap();
    let mut transaction = served.world.store.worker().await.unwrap();
    sqlx::raw_sql("delete from outbox; delete from messages")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    let forged: MessageId = first["id"].as_str().unwrap().parse().unwrap();
    served.write(&Seed { copies: vec![(201, forged)], ..Seed::open(2) }).await;
    for status in [201, 200] {
        let answer = served.post(&path, &reply).send().await.unwrap();
        assert_eq!(answer.status(), status);
        let written: Value = answer.json().await.unwrap();
        assert_ne!(written["id"], first["id"]);
        assert_eq!(ids(&served.read(&path).await), [written["id"].as_str().unwrap()]);
    }
    assert_eq!(served.commands().await.len(), 1);
}
