//! What a screen does: it reads the state, then follows what happens.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::system::System;

/// A live stream, and the activities that are known by it.
pub struct Screen {
    stream: testkit::reqwest::Response,
    text: String,
    /// The id of the last event.
    pub last: Option<String>,
    pub known: BTreeSet<String>,
    pub resets: usize,
}

impl Screen {
    /// Opens a stream, after the event with the id `last`.
    pub async fn open(system: &System, last: Option<&str>) -> Self {
        let stream = testkit::eventually_some("the API opens a stream", async || {
            let request = system.http.get(system.api("/activity")).bearer_auth("mock-token");
            let request = request.header("accept", "text/event-stream");
            let request = match last {
                Some(last) => request.header("last-event-id", last),
                None => request,
            };
            request.send().await.ok()?.error_for_status().ok()
        })
        .await;
        let last = last.map(str::to_owned);
        Self { stream, text: String::new(), last, known: BTreeSet::new(), resets: 0 }
    }

    /// The next event: its type and its data. None when the stream has ended.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let frame: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
                if let Some(id) = field("id: ") {
                    self.last = Some(id.to_owned());
                }
                if let (Some(kind), Some(data)) = (field("event: "), field("data: ")) {
                    return Some((kind.to_owned(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let wait = tokio::time::timeout(Duration::from_mins(1), self.stream.chunk());
            let chunk = wait.await.unwrap().ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Follows what happens, reading the state where the stream says so, until all of these are
    /// known. Comes back where it was when the stream ends.
    pub async fn follow(&mut self, system: &System, all: &BTreeSet<String>) {
        let resumed = self.last.is_some();
        while !all.is_subset(&self.known) {
            match self.next().await {
                None => {
                    let again = Self::open(system, self.last.as_deref()).await;
                    (self.stream, self.text) = (again.stream, String::new());
                }
                Some((kind, _)) if kind == "reset" => {
                    self.resets += 1;
                    self.known = activities(system).await;
                }
                Some((kind, _)) if kind == "ready" && !resumed => {
                    self.known.extend(activities(system).await);
                }
                Some((_, told)) => {
                    if let Some(id) = told["id"].as_str() {
                        assert!(self.known.insert(id.to_owned()) || self.resets > 0, "{id} twice");
                    }
                }
            }
        }
    }
}

/// The ids of all activities, as the API has them.
pub async fn activities(system: &System) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/activity?limit=100{cursor}");
        let page = testkit::eventually_some("the API answers", || system.get(&path)).await;
        let rows = page["data"].as_array().unwrap();
        ids.extend(rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned));
        let Some(next) = page["page"]["nextCursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}
