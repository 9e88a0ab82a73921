//! A proxy that pools connections by transaction before the database.

use secrecy::ExposeSecret as _;
use testkit::{Program, eventually};

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_hears_of_no_command_says_what_to_set() {
    let stage = Stage::empty().await;
    let pooled = testkit::pooled(&stage.world.store_config).await;
    let mut settings = stage.environment();
    settings.push(("DATABASE_URL", pooled.database_url.expose_secret().to_owned()));
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let worker = Program::start("outbound-worker", &settings).await;
    eventually("it says so", || async {
        let health = testkit::http().get(format!("{}/health", worker.url())).send().await.unwrap();
        health.text().await.unwrap().contains("DATABASE_DIRECT_URL")
    })
    .await;
    // Late or not, what is written leaves.
    let chatwoot = stage.chatwoot("acme").await;
    let conversation = stage.conversation(&chatwoot).await;
    let reply = stage.write(&chatwoot, &conversation, "Hello!").await;
    stage.reaches(reply, "sent").await;
}
