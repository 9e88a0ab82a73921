//! A receiver in this process.

use std::time::Duration;

use bus::Bus;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use webhook_receiver::{Config, Receiver};

use crate::rig::Rig;

pub struct Running {
    pub base: String,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    pub async fn start<S>(rig: &Rig<S>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::with(rig.key.clone().into(), rig.journal.clone());
        // A busy machine may be long about it.
        config.patience = Duration::from_mins(1);
        change(&mut config);
        let bus = Bus::connect_lazily(&rig.bus_config, "webhook-receiver").await.unwrap();
        let receiver = Receiver::start(&config, bus).await.unwrap();
        let listener = service::listen("127.0.0.1", 0).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let health = service::Health::default();
        let serving = tokio::spawn(receiver.serve(listener, health, stop.clone()));
        Self { base, stop, serving }
    }

    /// What `/health` says of a part: `up` or `degraded`.
    pub async fn part(&self, name: &str) -> String {
        let answer = testkit::http().get(format!("{}/health", self.base)).send().await.unwrap();
        let health: serde_json::Value = answer.json().await.unwrap();
        health["checks"][name]["status"].as_str().unwrap().to_owned()
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}
