//! Reading a live stream.

use std::time::Duration;

use serde_json::Value;
use testkit::reqwest::{RequestBuilder, Response};

use super::Served;

/// Nothing here is silent for so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// One event of a live stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub kind: String,
    pub data: String,
}

impl Event {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// A live stream being read.
pub struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    pub async fn open(served: &Served, path: &str, last: Option<&str>) -> Self {
        Self::of(served.get(path), last).await
    }

    /// The stream that a request asks for.
    pub async fn of(request: RequestBuilder, last: Option<&str>) -> Self {
        Self::unless_refused(request, last).await.expect("whoever asks is let in")
    }

    /// The same; none if the request's token is refused.
    pub async fn unless_refused(request: RequestBuilder, last: Option<&str>) -> Option<Self> {
        let mut request = request.header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.unwrap();
        if answer.status() == 401 {
            return None;
        }
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(!answer.headers().contains_key("content-encoding"));
        Some(Self { answer, text: String::new() })
    }

    /// The next event; none when the stream ends.
    pub async fn next(&mut self) -> Option<Event> {
        // Not for each part of the answer: signs of life come all the time.
        let read = tokio::time::timeout(PATIENCE, self.read()).await;
        read.expect("an event comes, or the stream ends, within a minute")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            while let Some((frame, _)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
                };
                let (id, kind, data) = (field("id: "), field("event: "), field("data: "));
                self.text = self.text.split_off(frame.len() + 2);
                if let (Some(kind), Some(data)) = (kind, data) {
                    return Some(Event { id, kind, data });
                }
            }
            let chunk = self.answer.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event, which must be of this kind.
    pub async fn expect(&mut self, kind: &str) -> Event {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!(event.kind, kind, "{event:?}");
        event
    }
}
