//! Replies that go out under their author's name.

use chatwoot_sim::{Rule, agent_token};
use domain::Sealed;
use outbound_worker::Config;
use store::accounts::{self, Account};
use store::links::{self, Link, OwnToken};
use testkit::secret_key;

use crate::stage::{Chatwoot, Conversation, Stage, config};

/// The agent of the stand-in whose token is [`agent_token`]`(1, 1)`.
const AGENT: i64 = 2;

impl Stage {
    /// A person of the tenant has linked a Chatwoot user's token.
    async fn link(&self, chatwoot: &Chatwoot, member: &str, user: i64, token: &str) {
        self.keep(
            chatwoot,
            member,
            user,
            secret_key().seal(links::TOKEN_PURPOSE, &token.into()).unwrap(),
        )
        .await;
    }

    async fn keep(&self, chatwoot: &Chatwoot, member: &str, user: i64, token: Sealed) {
        let own = OwnToken { member: member.to_owned(), user, token };
        let mut transaction = self.world.store.worker().await.unwrap();
        links::put(&mut transaction, chatwoot.account.key, &own, None).await.unwrap().unwrap();
        store::commit(transaction).await.unwrap();
    }

    async fn linked(&self, chatwoot: &Chatwoot, member: &str) -> Link {
        let mut transaction = self.world.store.worker().await.unwrap();
        let account = chatwoot.account.key;
        let links = links::of_account(&mut transaction, account).await.unwrap();
        links.into_iter().find(|link| link.member == member).unwrap()
    }
}

/// Who wrote to the customer, oldest first.
fn senders(chatwoot: &Chatwoot, conversation: &Conversation) -> Vec<i64> {
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let outgoing = messages.iter().filter(|message| message["message_type"] == 1);
    outgoing.map(|message| message["sender"]["id"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_goes_out_as_whoever_wrote_it_if_they_have_linked_their_token() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.link(&chatwoot, "ada", AGENT, &agent_token(1, 1)).await;
    for member in ["ada", "bob", "ada"] {
        let reply = stage.write_as(member, &chatwoot, &conversation, member).await;
        stage.reaches(reply, "sent").await;
    }
    stage.all_settled().await;
    let administrator = 1;
    assert_eq!(senders(&chatwoot, &conversation), [AGENT, administrator, AGENT]);
    assert_eq!(chatwoot.texts(&conversation), ["ada", "bob", "ada"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_whose_authors_token_is_refused_goes_out_once_as_the_account() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.link(&chatwoot, "ada", AGENT, "no-longer-valid").await;
    // Of another account: a good token that opens nothing here.
    let elsewhere = chatwoot.sim().create_account(None, "Elsewhere").unwrap();
    stage.link(&chatwoot, "bob", 77, &agent_token(elsewhere, 1)).await;
    // Sealed with a key that is not ours.
    stage.keep(&chatwoot, "cyd", AGENT, Sealed(vec![0; 40])).await;
    for member in ["ada", "bob", "cyd"] {
        let reply = stage.write_as(member, &chatwoot, &conversation, member).await;
        stage.reaches(reply, "sent").await;
        let tries: &[_] = if member == "cyd" { &["done"] } else { &["retry", "done"] };
        assert_eq!(
            stage.attempts(reply.0).await,
            tries.iter().map(|t| Some((*t).to_owned())).collect::<Vec<_>>()
        );
    }
    stage.all_settled().await;
    assert_eq!(senders(&chatwoot, &conversation), [1, 1, 1]);
    assert_eq!(chatwoot.texts(&conversation), ["ada", "bob", "cyd"]);
    assert!(stage.linked(&chatwoot, "ada").await.refused_at.is_some(), "it is worth nothing");
    assert!(stage.linked(&chatwoot, "bob").await.refused_at.is_none(), "it may be worth something");

    // What they write next is not tried with it again, until they link another one.
    let reply = stage.write_as("ada", &chatwoot, &conversation, "again").await;
    stage.reaches(reply, "sent").await;
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
    stage.link(&chatwoot, "ada", AGENT, &agent_token(1, 1)).await;
    let reply = stage.write_as("ada", &chatwoot, &conversation, "as myself").await;
    stage.reaches(reply, "sent").await;
    assert_eq!(senders(&chatwoot, &conversation), [1, 1, 1, 1, AGENT]);
}

/// The marker goes with the text, and the sender is not the account's: still it is not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_of_its_authors_own_that_was_deleted_before_it_was_looked_for_is_not_sent_again()
{
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.link(&chatwoot, "ada", AGENT, &agent_token(1, 1)).await;
    let worker = stage.worker_without_answer(&chatwoot).await;
    let reply = stage.write_as("ada", &chatwoot, &conversation, "Oops").await;
    stage.kill_without_answer(worker, &chatwoot, &conversation).await;
    let messages = chatwoot.sim().messages(1, conversation.number).unwrap();
    let stored = messages.last().unwrap()["id"].as_i64().unwrap();
    // A note of hers in Chatwoot itself, and a reply of a colleague's, are none of it.
    for (token, private) in [(agent_token(1, 1), true), (agent_token(1, 2), false)] {
        chatwoot.write_and_delete(&conversation, &token, private).await;
    }
    chatwoot.sim().delete_message(1, conversation.number, stored).unwrap();
    // Whoever has unlinked since was still the one who sent it.
    let mut transaction = stage.world.store.worker().await.unwrap();
    assert!(links::remove(&mut transaction, chatwoot.account.key, "ada").await.unwrap());
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(stored));
    stage.all_settled().await;
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// The account's token is another user's by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_deleted_reply_is_not_sent_again_because_the_account_has_another_users_token() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let (reply, stored) = stage.deleted_reply(&chatwoot, &conversation).await;
    let token = secret_key().seal(Account::TOKEN_PURPOSE, &agent_token(1, 1).into()).unwrap();
    let mut transaction = stage.world.store.worker().await.unwrap();
    accounts::set_token(&mut transaction, chatwoot.account.key, &token).await.unwrap();
    store::commit(transaction).await.unwrap();
    stage.worker(&config()).await;
    let row = stage.reaches(reply, "sent").await;
    assert_eq!(row.chatwoot_id, Some(stored));
    stage.all_settled().await;
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// What she deletes in Chatwoot herself, as a note or in the place of another, is not her reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_an_author_deleted_in_chatwoot_is_not_taken_for_their_reply() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    chatwoot.fails_to_create(|rest| rest.unavailable = Rule::next(1));
    let conversation = stage.conversation(&chatwoot).await;
    stage.link(&chatwoot, "ada", AGENT, &agent_token(1, 1)).await;
    // Long enough until absence is believed for her to write and delete in between.
    stage.worker(&Config { absence_seconds: 5, ..config() }).await;
    let reply = stage.write_as("ada", &chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "unknown").await;
    let note = chatwoot.write_and_delete(&conversation, &agent_token(1, 1), true).await;
    let row = stage.reaches(reply, "sent").await;
    assert_ne!(row.chatwoot_id, Some(note));
    assert_eq!(stage.attempts(reply.0).await, ["absent", "done"].map(|end| Some(end.to_owned())));
}
