//! What a wake-up gets that has the only place, while there is always more to do for others.

use bus::Consumer;
use domain::{DeliveryState, MessageId};
use events::Announcement;
use outbound_worker::{Config, OutboundWorker};
use service::Health;
use store::outbox;
use testkit::{eventually, sqlx};

use crate::stage::{Chatwoot, Stage, config};

/// Nobody gives up on a Chatwoot that stalls.
fn one_place() -> Config {
    Config { outbound_concurrency: 1, chatwoot_timeout_seconds: 300, ..config() }
}

impl Stage {
    /// How often a reply's wake-up was published.
    async fn publications(&self, reply: MessageId) -> i64 {
        let mut transaction = self.world.store.worker().await.unwrap();
        let published = "select publications::int8 from outbox where operation_id = $1";
        sqlx::query_scalar(published).bind(reply.0).fetch_one(&mut *transaction).await.unwrap()
    }

    /// Another tenant's reply that Chatwoot does not answer before it goes on. Unless it has the only place, it waits
    /// for that with its wake-up spent: nobody looks at its row again for an hour.
    async fn noted(&self, tenant: &str) -> (Chatwoot, MessageId) {
        let chatwoot = self.chatwoot(tenant).await;
        chatwoot.stalls();
        let conversation = self.conversation(&chatwoot).await;
        let reply = self.write(&chatwoot, &conversation, "one").await;
        eventually("its wake-up is spent", async || {
            // In this order: before it is published nothing of it is unsettled either.
            let published = self.publications(reply).await == 1;
            let unsettled = self.world.bus.unsettled(Consumer::OutboundWorker).await;
            published && unsettled.unwrap() == 1
        })
        .await;
        self.sql("update outbox set due_at = now() + interval '1 hour'").await;
        (chatwoot, reply)
    }

    /// Has the worker do the rest.
    async fn ends_well(&self, busy: &Chatwoot, replies: [MessageId; 2]) {
        busy.goes_on();
        for reply in replies {
            self.reaches(reply, "sent").await;
        }
        self.all_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_reply_waits_for_another_is_told_while_others_keep_the_only_place_busy() {
    let stage = Stage::empty().await;
    let quiet = stage.chatwoot("quiet").await;
    quiet.stalls();
    let conversation = stage.conversation(&quiet).await;
    let first = stage.write(&quiet, &conversation, "one").await;
    stage.write(&quiet, &conversation, "two").await;
    // As if both were published, and then the second one put off.
    stage
        .sql(
            "update outbox set due_at = now() + interval '1 hour';
             update outbox
             set not_before = due_at, wait_reason = 'the account rests', waits_since = now()
             where sequence = (select max(sequence) from outbox);",
        )
        .await;
    stage.worker(&one_place()).await;
    let third = stage.write(&quiet, &conversation, "three").await;
    eventually("the first one is tried", async || stage.trying().await == 1).await;
    let (busy, others) = stage.noted("busy").await;
    quiet.goes_on();
    stage.reaches(first, "sent").await;
    stage.reaches(others, "sending").await;
    eventually("that the third one waits is told", async || {
        let told = stage.announced(&quiet.account.tenant).await;
        told.iter().any(|told: &Announcement| {
            let data = &told.activity.data;
            data.get("messageId") == Some(third)
                && data.get("state") == Some(DeliveryState::Retrying)
        })
    })
    .await;
    assert_eq!(stage.row(others).await.state, "sending", "the place is busy still");
    stage.sql("update outbox set due_at = now(), not_before = null").await;
    stage.ends_well(&busy, [others, third]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_worker_is_at_comes_again_while_others_keep_the_only_place_busy() {
    let stage = Stage::empty().await;
    let quiet = stage.chatwoot("quiet").await;
    let conversation = stage.conversation(&quiet).await;
    let mut elsewhere = stage.world.store.holder().await.unwrap();
    assert!(outbox::lock(&mut elsewhere, conversation.id).await.unwrap());
    let (config, health) = (one_place(), Health::default());
    let locks = config.locks(&stage.world.store_config).unwrap();
    let (store, bus) = (stage.world.store.clone(), stage.world.bus.clone());
    let objects = stage.world.objects.clone();
    let worker = OutboundWorker::start(&config, store, locks.clone(), bus, objects, &health);
    tokio::spawn(worker.await.unwrap().run(stage.shutdown.clone()));
    // The worker can take one lock at a time, and cannot take it before this is given back.
    let only = locks.holder().await.unwrap();
    let reply = stage.write(&quiet, &conversation, "Hello").await;
    eventually("it has the place", async || stage.publications(reply).await == 1).await;
    let (busy, others) = stage.noted("busy").await;
    store::rollback(only).await.unwrap();
    stage.reaches(others, "sending").await;
    eventually("it is published again", async || stage.publications(reply).await > 1).await;
    assert_eq!(stage.row(others).await.state, "sending", "the place is busy still");
    store::rollback(elsewhere).await.unwrap();
    stage.ends_well(&busy, [others, reply]).await;
}

/// Two tenants' replies are noted, and something is wrong with the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_for_one_tenant_does_not_end_what_another_one_s_wake_up_is_at() {
    let stage = Stage::empty().await;
    stage.worker(&one_place()).await;
    let (first, one) = stage.noted("first").await;
    stage.reaches(one, "sending").await;
    let (wrong, two) = stage.noted("wrong").await;
    wrong.goes_on();
    let (busy, three) = stage.noted("busy").await;
    // What a sequence counted outlives the transaction that fails.
    stage
        .sql(
            "create sequence failures;
             grant usage, select on failures to axis_worker;
             create function fail() returns trigger language plpgsql as $$
               begin
                 if nextval('failures') = 1 then raise 'the database fails'; end if;
                 return new;
               end $$;
             create trigger fail before insert on outbound_attempts
               for each row when (new.tenant_id = 'wrong') execute function fail();",
        )
        .await;
    first.goes_on();
    stage.reaches(three, "sending").await;
    let mut transaction = stage.world.store.worker().await.unwrap();
    let failed = sqlx::query_scalar("select is_called from failures");
    let failed: bool = failed.fetch_one(&mut *transaction).await.unwrap();
    store::rollback(transaction).await.unwrap();
    assert!(failed, "its turn came first");
    let stream = stage.world.bus.stream(Consumer::OutboundWorker.stream()).await.unwrap();
    assert_eq!(stream.consumers[0].redelivered, 0, "{stream:?}");
    stage.reaches(one, "sent").await;
    stage.ends_well(&busy, [three, two]).await;
}
