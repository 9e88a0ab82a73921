//! Every program running, one Chatwoot account connected.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use chatwoot_sim::{DeliveryOptions, Options, Sim};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::reqwest::Client;
use testkit::{Program, SECRET_KEY, World};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::installation::{Servers, TENANT, connect, known};

/// The account's number in Chatwoot.
pub const ACCOUNT: i64 = 1;

/// How many of each there are.
#[derive(Debug, Clone, Copy)]
pub struct Workers {
    pub sync: usize,
    pub outbound: usize,
}

pub struct System {
    pub world: World,
    pub sim: Sim,
    pub http: Client,
    /// Where Chatwoot posts to, and what it signs with.
    pub webhook: (String, String),
    /// By name; workers are numbered.
    pub programs: BTreeMap<String, Program>,
    /// What the API has taken, by conversation, in the order of its writing.
    posted: Mutex<BTreeMap<String, Vec<String>>>,
    _simulated: tokio_util::sync::DropGuard,
}

impl System {
    pub async fn start(workers: Workers) -> Self {
        let world = World::start().await;
        let shutdown = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // On a slow machine too, all that the receiver takes counts as taken.
        let timeout = Duration::from_secs(30);
        let delivery = DeliveryOptions { timeout, ..DeliveryOptions::default() };
        let options = Options { delivery, ..Options::default() };
        let sim = Sim::start(options, listener, shutdown.clone()).await.unwrap();
        let (url, sim) = (sim.url(), sim.sim);

        let servers = Servers { bus: &world.bus_config, store: &world.store_config };
        let mut programs = BTreeMap::new();
        let receiver = servers.receiver(&[]).await;
        let receiver_url = receiver.url();
        programs.insert("webhook-receiver".to_owned(), receiver);
        for number in 1..=workers.sync {
            programs.insert(format!("sync-worker {number}"), servers.sync_worker(&[]).await);
        }
        for number in 1..=workers.outbound {
            let worker = servers.outbound_worker(&[("ABSENCE_SECONDS", "2")]).await;
            programs.insert(format!("outbound-worker {number}"), worker);
        }
        programs.insert("api".to_owned(), servers.api(&[]).await);

        let parts = (&world.store, &world.bus);
        let (_, webhook, registered) =
            connect(parts, (&sim, &url), (TENANT, ACCOUNT), &receiver_url).await;
        known(&webhook).await;
        Self {
            world,
            sim,
            http: testkit::http(),
            webhook: (webhook, registered.secret),
            programs,
            posted: Mutex::default(),
            _simulated: shutdown.drop_guard(),
        }
    }

    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.programs["api"].url())
    }

    /// What the API answers, or none if it does not.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let request = self.http.get(self.api(path)).bearer_auth("mock-token");
        let answer = request.send().await.ok()?.error_for_status().ok()?;
        answer.json().await.ok()
    }

    /// What the API answers, as soon as it does.
    pub async fn read(&self, path: &str) -> Value {
        testkit::eventually_some("the API answers", || self.get(path)).await
    }

    /// The row of a conversation, once it is there.
    pub async fn conversation(&self, display_id: i64) -> Value {
        testkit::eventually_some("the conversation is in the API", || async {
            let listed = self.get("/conversations?limit=100").await?;
            let rows = listed["data"].as_array()?;
            rows.iter().find(|row| row["chatwootId"] == display_id).cloned()
        })
        .await
    }

    /// Posts a reply until the API has taken it, always as the same message.
    pub async fn reply(&self, conversation: &str, content: &str) -> Value {
        let path = self.api(&format!("/conversations/{conversation}/messages"));
        let body = json!({ "content": content, "private": false, "clientId": content });
        let taken = testkit::eventually_some("the API takes the reply", || async {
            let request = self.http.post(&path).bearer_auth("mock-token").json(&body);
            let answer = request.send().await.ok()?;
            let status = answer.status();
            assert!(!status.is_client_error(), "{status}: {}", answer.text().await.unwrap());
            if status.is_success() { answer.json().await.ok() } else { None }
        })
        .await;
        let mut posted = self.posted.lock().unwrap();
        posted.entry(conversation.to_owned()).or_default().push(content.to_owned());
        taken
    }

    /// The replies that the API has taken in a conversation, in the order of their writing.
    pub fn posted(&self, conversation: &str) -> Vec<String> {
        self.posted.lock().unwrap().get(conversation).cloned().unwrap_or_default()
    }

    /// All messages of a conversation as the API has them, oldest first.
    pub async fn messages(&self, conversation: &str) -> Option<Vec<Value>> {
        let page = self.get(&format!("/conversations/{conversation}/messages?limit=100")).await?;
        page["data"].as_array().cloned()
    }

    /// What Chatwoot has, activity lines aside: those are never sent.
    pub fn truth(&self, display_id: i64) -> Vec<Value> {
        let messages = self.sim.messages(ACCOUNT, display_id).unwrap();
        messages.into_iter().filter(|message| message["message_type"] != 2).collect()
    }

    /// What an operator does, which has to succeed.
    pub async fn operate(&self, arguments: &[&str]) {
        let (succeeded, told) = self.axis(arguments).await;
        assert!(succeeded, "axis {}: {told}", arguments.join(" "));
    }

    /// Whether the command succeeded, and what it told.
    pub async fn axis(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_axis"))
            .args(arguments)
            .env("DATABASE_URL", self.world.store_config.database_url.expose_secret())
            .env("NATS_URL", self.world.bus_config.nats_url.expose_secret())
            .env("AXIS_SECRET_KEY", SECRET_KEY)
            .output()
            .await
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&told).into_owned())
    }

    /// Ends every program and sees that each ends well.
    pub async fn stop(self) {
        for (name, program) in self.programs {
            assert!(program.stop().await, "{name} ended with an error");
        }
        let letters = self.world.bus.dead_letters().count().await.unwrap();
        assert_eq!(letters, 0, "nothing was poison");
    }
}
