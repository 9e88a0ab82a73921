//! What a screen does: it reads the state, then follows what happens.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::system::System;

/// Far more than an event takes to come, and all that is followed.
const WAITING: Duration = Duration::from_mins(1);
const FOLLOWING: Duration = Duration::from_mins(2);

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
        let deadline = Instant::now() + WAITING;
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
            let wait = timeout_at(deadline, self.stream.chunk());
            let chunk = wait.await.unwrap().ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Follows what happens, reading the state where the stream says so, until all of these are
    /// known. Comes back where it was when the stream ends.
    pub async fn follow(&mut self, system: &System, all: &BTreeSet<String>) {
        let resumed = self.last.is_some();
        // Heartbeats would keep it waiting for ever.
        let deadline = Instant::now() + FOLLOWING;
        while !all.is_subset(&self.known) {
            let next = timeout_at(deadline, self.next()).await.ok();
            let missing = || all.difference(&self.known).collect::<Vec<_>>();
            assert!(next.is_some(), "not told, after {} resets: {:?}", self.resets, missing());
            match next.flatten() {
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
        let page = system.read(&path).await;
        let rows = page["data"].as_array().unwrap();
        ids.extend(rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned));
        let Some(next) = page["page"]["nextCursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}
