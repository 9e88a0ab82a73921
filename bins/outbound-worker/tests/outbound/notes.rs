//! Conversations that found no place: their wake-ups are spent, and the relay does not look at their
//! rows again for an hour.

use std::time::Duration;

use bus::Consumer;
use domain::MessageId;
use outbound_worker::Config;
use secrecy::ExposeSecret as _;
use store::outbox;
use testkit::{eventually, sqlx};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::stage::{Chatwoot, Conversation, Stage, config};

fn one_place() -> Config {
    Config { outbound_account_concurrency: 1, chatwoot_timeout_seconds: 60, ..config() }
}

impl Stage {
    /// As the owner of the database.
    pub async fn sql(&self, statements: &'static str) {
        let url = &self.world.store_config.database_url;
        let connection = <sqlx::PgConnection as sqlx::Connection>::connect(url.expose_secret());
        let mut connection = connection.await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    }
}

struct Noted {
    stage: Stage,
    chatwoot: Chatwoot,
    worker: JoinHandle<anyhow::Result<()>>,
    first: MessageId,
    conversation: Conversation,
    second: MessageId,
    _simulated: DropGuard,
}

/// A worker with one place for the account: in it is a reply that Chatwoot does not answer until it goes on,
/// and the second one is noted.
async fn noted() -> Noted {
    let mut stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    // Chatwoot outlives the worker.
    let simulated = std::mem::take(&mut stage.shutdown).drop_guard();
    chatwoot.stalls();
    let worker = stage.worker(&one_place()).await;
    let busy = stage.conversation(&chatwoot).await;
    let first = stage.write(&chatwoot, &busy, "one").await;
    eventually("the first one is tried", || async { stage.trying().await == 1 }).await;
    let conversation = stage.conversation(&chatwoot).await;
    let second = stage.write(&chatwoot, &conversation, "two").await;
    let noted =
        Noted { stage, chatwoot, worker, first, conversation, second, _simulated: simulated };
    eventually("the second one's wake-up is spent", || async {
        // In this order: before it is published nothing of it is unsettled either.
        let published = noted.row().await.0 == 1;
        let unsettled = noted.stage.world.bus.unsettled(Consumer::OutboundWorker).await;
        published && unsettled.unwrap() == 1
    })
    .await;
    noted.stage.sql("update outbox set due_at = now() + interval '1 hour'").await;
    noted
}

impl Noted {
    /// How often the second one was published, and in how many seconds it is due.
    async fn row(&self) -> (i64, f64) {
        let mut transaction = self.stage.world.store.worker().await.unwrap();
        sqlx::query_as(
            "select publications::int8, extract(epoch from due_at - now())::float8 from outbox
             where operation_id = $1",
        )
        .bind(self.second.0)
        .fetch_one(&mut *transaction)
        .await
        .unwrap()
    }

    async fn first_goes_out(&self) {
        self.chatwoot.goes_on();
        self.stage.reaches(self.first, "sent").await;
    }

    async fn goes_out(self) {
        self.stage.reaches(self.second, "sent").await;
        assert_eq!(self.chatwoot.texts(&self.conversation), ["two"]);
        self.stage.all_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_is_noted_and_then_fails_is_not_forgotten() {
    let noted = noted().await;
    // What a sequence counted outlives the transaction that fails.
    noted
        .stage
        .sql(
            "create sequence failures;
             grant usage, select on failures to axis_worker;
             create function fail() returns trigger language plpgsql as $$
               begin perform nextval('failures'); raise 'the database fails'; end $$;
             create trigger fail before insert on outbound_attempts
               for each row execute function fail();",
        )
        .await;
    noted.first_goes_out().await;
    eventually("the second one failed", || async {
        let mut transaction = noted.stage.world.store.worker().await.unwrap();
        let failed = sqlx::query_scalar("select is_called from failures");
        failed.fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    noted.stage.sql("drop trigger fail on outbound_attempts").await;
    noted.goes_out().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_is_noted_and_then_locked_elsewhere_is_not_forgotten() {
    let noted = noted().await;
    let mut elsewhere = noted.stage.world.store.worker().await.unwrap();
    assert!(outbox::lock(&mut elsewhere, noted.conversation.id).await.unwrap());
    noted.first_goes_out().await;
    eventually("its wake-up is published again", || async { noted.row().await.0 > 1 }).await;
    store::rollback(elsewhere).await.unwrap();
    noted.goes_out().await;
}

/// As by whoever has just failed at it and has not ended its transaction yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_is_noted_and_whose_row_is_locked_elsewhere_is_not_forgotten() {
    let noted = noted().await;
    // It is not due, and does not stand for the one before it.
    let hour = Duration::from_hours(1);
    noted.stage.write_after(&noted.chatwoot, &noted.conversation, "later", hour).await;
    let mut elsewhere = noted.stage.world.store.holder().await.unwrap();
    let (conversation, second) = (noted.conversation.id, noted.second.0.into());
    assert!(outbox::lock(&mut elsewhere, conversation).await.unwrap());
    assert!(outbox::keep(&mut elsewhere, conversation, second).await.unwrap());
    noted.first_goes_out().await;
    // The first of these goes out after the second reply was found to be locked, and the last one by a round of
    // the relay that began after that.
    for text in ["three", "four", "five"] {
        let conversation = noted.stage.conversation(&noted.chatwoot).await;
        let reply = noted.stage.write(&noted.chatwoot, &conversation, text).await;
        noted.stage.reaches(reply, "sent").await;
    }
    store::rollback(elsewhere).await.unwrap();
    noted.stage.reaches(noted.second, "sent").await;
    assert_eq!(noted.chatwoot.texts(&noted.conversation), ["two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_is_noted_when_a_worker_stops_is_left_to_the_others() {
    let mut noted = noted().await;
    noted.stage.shutdown.cancel();
    noted.chatwoot.goes_on();
    (&mut noted.worker).await.unwrap().unwrap();
    assert!(noted.row().await.1 < Duration::from_mins(1).as_secs_f64());
    noted.stage.shutdown = CancellationToken::new();
    noted.stage.worker(&one_place()).await;
    noted.goes_out().await;
}

/// The stream takes the second publication for a repetition of the first and drops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_what_was_published_without_a_note_of_it_is_published_anew() {
    let noted = noted().await;
    noted
        .stage
        .sql("update outbox set publications = 0, due_at = now() where publications = 1")
        .await;
    eventually("it is published again", || async { noted.row().await.0 > 0 }).await;
    let (publications, due) = noted.row().await;
    assert!(publications > 1 || due < 30.0, "due in {due} s");
    noted.first_goes_out().await;
    noted.goes_out().await;
}
