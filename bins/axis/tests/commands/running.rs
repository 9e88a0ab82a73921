//! `axis up`, running.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use testkit::eventually_some;
use testkit::reqwest::{Client, StatusCode};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::program::axis;

pub struct Up {
    child: Child,
    /// What it said when it was ready.
    pub ready: Value,
    data: PathBuf,
    pub http: Client,
}

pub fn up(data: &Path) -> Command {
    let mut command = axis();
    command
        .args(["up", "--output", "json", "--trickle", "0.1", "--log", "warn"])
        .env("AXIS_DATA_DIR", data)
        .env("PORT", "0")
        .env("SIM_PORT", "0");
    command
}

/// A command that works with what runs on `data`.
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = axis();
    command.args(["--output", "json"]).args(arguments).env("AXIS_DATA_DIR", data);
    command
}

impl Up {
    pub async fn on(data: &Path) -> Self {
        Self::from(up(data), data).await
    }

    pub async fn from(mut command: Command, data: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true);
        Self { child, ready, data: data.to_owned(), http: testkit::http() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["url"].as_str().unwrap())
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = self.http.get(self.url(path)).bearer_auth("mock-token");
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// The ids of the newest conversations, a hundred at most, once there are some.
    pub async fn conversations(&self) -> Vec<String> {
        eventually_some("there are conversations", || async {
            let (status, body) = self.get("/api/v1/conversations?limit=100").await;
            let all = body["data"].as_array()?;
            let ids = all.iter().map(|one| one["id"].as_str().unwrap().to_owned());
            (status == StatusCode::OK && !all.is_empty()).then(|| ids.collect())
        })
        .await
    }

    /// Whether all of these conversations are there.
    pub async fn has(&self, conversations: &[String]) -> bool {
        for id in conversations {
            let (status, _) = self.get(&format!("/api/v1/conversations/{id}")).await;
            if status != StatusCode::OK {
                return false;
            }
        }
        true
    }

    /// The newest line of the timeline.
    pub async fn newest_activity(&self) -> Option<String> {
        let (_, body) = self.get("/api/v1/activity?limit=1").await;
        body["data"][0]["id"].as_str().map(str::to_owned)
    }

    /// How often a text is in the stand-in.
    pub async fn in_chatwoot(&self, text: &str) -> usize {
        let url = format!("{}/_sim/state", self.ready["chatwootUrl"].as_str().unwrap());
        let state: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        let accounts = state["accounts"].as_array().unwrap().iter();
        let conversations = accounts.flat_map(|one| one["conversations"].as_array().unwrap());
        let messages = conversations.flat_map(|one| one["messages"].as_array().unwrap());
        messages.filter(|message| message["content"] == text).count()
    }

    pub fn pid_of(&self, server: &str) -> String {
        let record = std::fs::read(self.data.join(server).join("process.json")).unwrap();
        serde_json::from_slice::<Value>(&record).unwrap()["pid"].to_string()
    }

    /// Ends it with a signal and gives its exit code.
    pub async fn ended_by(mut self, signal: &str) -> Option<i32> {
        send(signal, &self.child.id().unwrap().to_string()).await;
        self.child.wait().await.unwrap().code()
    }
}

pub async fn send(signal: &str, pid: &str) {
    let sent = Command::new("kill").args([signal, pid]).status().await.unwrap();
    assert!(sent.success());
}

pub fn nothing_runs_on(data: &Path) -> bool {
    ["postgres", "nats"]
        .iter()
        .all(|server| servers::running_url(data.join(server)).unwrap().is_none())
}
