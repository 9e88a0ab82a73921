//! A proxy that pools connections by transaction before the database, and the database's own address behind it.

use outbound_worker::OutboundWorker;
use secrecy::ExposeSecret as _;
use service::Health;
use testkit::{Program, eventually};

use crate::stage::{Stage, config};

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

/// Nothing can be carried out without locks, however well the rest of the database works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_locks_cannot_be_taken_says_so() {
    let stage = Stage::empty().await;
    let (postgres, direct) = testkit::postgres().await;
    let mut settings = stage.environment();
    settings.push(("DATABASE_DIRECT_URL", direct.database_url.expose_secret().to_owned()));
    let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let worker = Program::start("outbound-worker", &settings).await;
    let locks = async || {
        let health = testkit::http().get(format!("{}/health", worker.url())).send().await.unwrap();
        let health: serde_json::Value = health.json().await.unwrap();
        health["checks"]["locks"].clone()
    };
    eventually("it can take locks", async || locks().await["status"] == "up").await;
    postgres.kill().await.unwrap();
    eventually("it cannot, and says what to look at", async || {
        let locks = locks().await;
        locks["status"] == "degraded" && locks.to_string().contains("DATABASE_DIRECT_URL")
    })
    .await;
}

#[tokio::test]
async fn a_worker_does_not_start_where_no_locks_can_be_taken() {
    let stage = Stage::empty().await;
    let nowhere = format!("postgres://127.0.0.1:{}/nowhere", testkit::free_port());
    let locks = config().locks(&store::Config::for_url(&nowhere)).unwrap();
    let (store, bus) = (stage.world.store.clone(), stage.world.bus.clone());
    let (objects, health) = (stage.world.objects.clone(), Health::default());
    let started = OutboundWorker::start(&config(), store, locks, bus, objects, &health).await;
    let refused = started.err().unwrap().to_string();
    assert!(refused.contains("DATABASE_DIRECT_URL"), "{refused}");
}
