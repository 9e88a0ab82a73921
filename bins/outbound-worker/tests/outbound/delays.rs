//! Tries whose requests could begin only long after they were recorded.

use outbound_worker::Config;
use store::high_water;
use testkit::{eventually, sqlx};

use crate::stage::{Stage, config_impatient};

const FILE: (&str, &str, &[u8]) = ("a.txt", "text/plain", b"a label");

/// A server keeps the worker waiting for longer than an upload may take, and then its lock is lost: whoever has it then
/// takes the upload to be over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_try_that_was_recorded_long_ago_is_not_made() {
    let stage = Stage::empty().await;
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    chatwoot.stalls();
    let mut slow = stage.world.store.worker().await.unwrap();
    high_water::confirm(&mut slow, 0).await.unwrap();
    let config = Config { chatwoot_upload_seconds: 4, ..config_impatient() };
    stage.worker(&config).await;
    let files = stage.write_files(&chatwoot, &conversation, "The label", &[FILE]).await;
    eventually("the upload would be over", || async {
        let mut transaction = stage.world.store.worker().await.unwrap();
        let over = "select exists (select from outbound_attempts
                      where started_at + interval '4 s' < clock_timestamp())";
        sqlx::query_scalar(over).fetch_one(&mut *transaction).await.unwrap()
    })
    .await;
    store::rollback(slow).await.unwrap();
    eventually("the try is made, or not", || async {
        let told = stage.announced(&chatwoot.account.tenant).await;
        let mut told = told.iter().filter_map(|told| told.activity.data.get::<String>("state"));
        told.any(|state| state == "sending") || stage.attempts(files.0).await != [None]
    })
    .await;
    stage
        .sql(
            "select pg_terminate_backend(pid, 60000) from pg_stat_activity
             where datname = current_database() and application_name like 'outbound-worker-locks%'",
        )
        .await;
    stage.worker(&config).await;
    // Whichever worker gets them: one that still has the conversation in hand does nothing for them.
    let texts = ["Print it, please", "On paper", "In colour", "Twice", "By Friday"];
    let mut last = files;
    for text in texts {
        last = stage.write(&chatwoot, &conversation, text).await;
    }
    eventually("it is tried again", || async { stage.attempts(files.0).await.len() > 1 }).await;
    chatwoot.goes_on();
    stage.reaches(files, "sent").await;
    stage.reaches(last, "sent").await;
    assert_eq!(chatwoot.texts(&conversation), [&["The label"], &texts[..]].concat());
    assert_eq!(stage.attempts(files.0).await[0].as_deref(), Some("retry"), "it was not made");
    stage.all_settled().await;
}
