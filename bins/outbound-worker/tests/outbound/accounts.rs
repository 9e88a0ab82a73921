//! Accounts that are not served any more.

use std::time::Duration;

use chatwoot_sim::ADMIN_TOKEN;
use chrono::{DateTime, Utc};
use domain::{AccountKey, MessageId, Sealed};
use outbound_worker::Config;
use testkit::{eventually, sqlx};

use crate::stage::{Chatwoot, Conversation, Row, Stage, config};

impl Stage {
    async fn disconnect(&self, account: AccountKey) {
        let mut transaction = self.world.store.worker().await.unwrap();
        store::accounts::end(&mut transaction, account).await.unwrap();
        store::commit(transaction).await.unwrap();
    }

    async fn connect_again(&self, chatwoot: &Chatwoot) {
        let (store, account) = (&self.world.store, &chatwoot.account);
        let tenant = account.tenant.as_str();
        let again =
            testkit::account(store, tenant, account.number, &chatwoot.url, ADMIN_TOKEN).await;
        assert_eq!(again.key, account.key);
    }

    /// What somebody sees of a reply, and when it last changed; and since when others wait behind it.
    async fn as_seen(&self, reply: MessageId) -> (Row, DateTime<Utc>, DateTime<Utc>) {
        let mut transaction = self.world.store.worker().await.unwrap();
        let (changed, since) = sqlx::query_as(
            "select m.updated_at, o.waits_since from messages m
             join outbox o on o.operation_id = m.id where m.id = $1",
        )
        .bind(reply.0)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        drop(transaction);
        (self.row(reply).await, changed, since)
    }

    async fn waits_for(&self, conversation: &Conversation) -> Duration {
        let mut transaction = self.world.store.worker().await.unwrap();
        let head = store::outbox::head(&mut transaction, conversation.id).await.unwrap();
        head.map_or(Duration::ZERO, |head| head.due_in)
    }
}

/// A reply that waits for its account to be connected again.
async fn waiting_for_its_account(stage: &Stage) -> (Chatwoot, Conversation, MessageId) {
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    stage.disconnect(chatwoot.account.key).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "retrying").await;
    (chatwoot, conversation, reply)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_account_that_is_disconnected_goes_out_when_it_is_connected_again() {
    let stage = Stage::start().await;
    let (chatwoot, conversation, reply) = waiting_for_its_account(&stage).await;
    assert!(stage.row(reply).await.reason.unwrap().contains("connected again"));
    eventually("nobody asks every minute", async || {
        stage.waits_for(&conversation).await > Duration::from_mins(5)
    })
    .await;
    // What may yet be taken back is none of it.
    let elsewhere = stage.conversation(&chatwoot).await;
    let hour = Duration::from_hours(1);
    let late = stage.write_after(&chatwoot, &elsewhere, "Too early", hour).await;
    stage.connect_again(&chatwoot).await;
    stage.reaches(reply, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert!(stage.waits_for(&elsewhere).await > Duration::from_mins(5));
    assert_eq!(stage.row(late).await.state, "queued");
}

/// It waits on, untried as before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_that_a_reply_waits_for_another_reason_is_told_and_the_same_reason_once() {
    let stage = Stage::start().await;
    let (chatwoot, conversation, reply) = waiting_for_its_account(&stage).await;
    stage.retry(&chatwoot, &conversation, reply).await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    // Sealed with a key that is not ours.
    store::accounts::set_token(&mut transaction, chatwoot.account.key, &Sealed(vec![0; 40]))
        .await
        .unwrap();
    sqlx::query("update chatwoot_accounts set disconnected_at = null")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::commit(transaction).await.unwrap();
    eventually("it waits for another reason", async || {
        stage.retry(&chatwoot, &conversation, reply).await;
        stage.row(reply).await.reason.is_some_and(|reason| reason.contains("repaired first"))
    })
    .await;
    eventually("everything is announced", async || stage.unannounced().await == 0).await;
    let told = stage.announced(&chatwoot.account.tenant).await;
    let states = told.iter().filter(|told| told.activity.kind == "message_state_changed");
    let reasons = states.filter_map(|told| told.activity.data.get("reason"));
    let reasons: Vec<String> = reasons.collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("connected again"), "{reasons:?}");
    assert!(reasons[1].contains("repaired first"), "{reasons:?}");
}

/// An account may be disconnected for months, with very many commands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_off_again_for_the_same_reason_is_neither_shown_nor_announced_anew() {
    let stage = Stage::start().await;
    let (chatwoot, conversation, reply) = waiting_for_its_account(&stage).await;
    stage.is_idle().await;
    // What a sequence counted, no cleaning up takes back.
    stage
        .sql(
            "create sequence told;
             grant usage, select on told to axis_worker;
             create function count_told() returns trigger language plpgsql as $$
               begin perform nextval('told'); return new; end $$;
             create trigger count_told before insert or update on announcements
               for each row execute function count_told();",
        )
        .await;
    let shown = stage.as_seen(reply).await;
    stage.sql("update outbox set due_at = now(), not_before = now(); notify outbox").await;
    eventually("it is put off again", async || {
        stage.waits_for(&conversation).await > Duration::from_mins(5)
    })
    .await;
    stage.is_idle().await;
    assert_eq!(stage.as_seen(reply).await, shown);
    let mut transaction = stage.world.store.worker().await.unwrap();
    let told = sqlx::query_scalar("select is_called from told");
    let told: bool = told.fetch_one(&mut *transaction).await.unwrap();
    assert!(!told, "it was announced");
    drop(transaction);

    stage.sql("drop trigger count_told on announcements").await;
    // Somebody wants it tried at once, and sees that it was not.
    stage.retry(&chatwoot, &conversation, reply).await;
    eventually("it is put off and shown so anew", async || stage.as_seen(reply).await.2 != shown.2)
        .await;
}

/// Whoever connects it has passed over what was not put off yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_off_while_its_account_is_being_connected_goes_out_at_once() {
    let stage = Stage::start().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    // Its token is kept.
    stage.sql("update chatwoot_accounts set disconnected_at = now()").await;
    let mut connecting = stage.world.store.worker().await.unwrap();
    sqlx::query("update chatwoot_accounts set disconnected_at = null")
        .execute(&mut *connecting)
        .await
        .unwrap();
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    eventually("the worker waits for that", async || {
        let mut transaction = stage.world.store.worker().await.unwrap();
        sqlx::raw_sql("reset role").execute(&mut *transaction).await.unwrap();
        let waits = "select exists (select from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock')";
        sqlx::query_scalar(waits).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    store::commit(connecting).await.unwrap();
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
}

/// Its worker died in the try, and nobody may look for it until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_reply_that_may_have_left_a_disconnected_account_is_unknown_and_sent_once() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.reply_of_a_killed_worker(&chatwoot, &conversation, "Hello").await;
    stage.disconnect(chatwoot.account.key).await;
    stage.worker(&config()).await;
    let reason = stage.reaches(reply, "unknown").await.reason.unwrap();
    assert!(reason.contains("connected again"), "{reason}");
    stage.retry(&chatwoot, &conversation, reply).await;
    stage.connect_again(&chatwoot).await;
    stage.reaches(reply, "sent").await;
    stage.all_settled().await;
    assert_eq!(chatwoot.texts(&conversation), ["Hello"]);
    assert_eq!(stage.attempts(reply.0).await, [Some("done".to_owned())]);
}

/// A token that is refused because its account was disconnected: nothing is lost by waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_just_before_a_disconnection_waits_too() {
    let stage = Stage::empty().await;
    // More tries than it may have until then, however long the disconnection takes.
    stage.worker(&Config { outbound_attempts: 100, ..config() }).await;
    let chatwoot = stage.chatwoot_with_token("acme", "no-longer-valid").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello").await;
    stage.reaches(reply, "retrying").await;
    stage.disconnect(chatwoot.account.key).await;
    eventually("it waits to be connected again", async || {
        let reason = stage.row(reply).await.reason;
        reason.is_some_and(|reason| reason.contains("connected again"))
    })
    .await;
    let tried = stage.attempts(reply.0).await;
    assert!(tried.iter().all(|end| end.as_deref() == Some("retry")), "{tried:?}");
}
