//! Reads back what a stream holds.
//!
//! The end is fixed when reading begins, so a reader that publishes what it reads into the same stream never
//! meets its own messages.

use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::Config;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use events::Headers;

use crate::read::{MANY, Reading, ordered_as};
use crate::{Bus, BusError, api, headers, time};

/// How often reading is tried, each time from where it was, before a failure is reported.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What a stream held when reading began, oldest first.
pub struct History {
    bus: Bus,
    stream: &'static str,
    filter: String,
    headers_only: bool,
    next: DeliverPolicy,
    end: u64,
    reading: Option<Reading>,
    about: u64,
    done: bool,
}

/// A message that was read back from a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Its position in the stream.
    pub sequence: u64,
    /// When the stream received it.
    pub published_at: DateTime<Utc>,
    /// The subject it was published to.
    pub subject: String,
    /// Its headers.
    pub headers: Headers,
    /// Its bytes.
    pub payload: Bytes,
}

impl Bus {
    /// Reads back the messages that `stream` holds now and whose subjects match `filter`: all of them, or those
    /// received at or after `since`.
    pub async fn history(
        &self,
        stream: &'static str,
        filter: String,
        since: Option<DateTime<Utc>>,
    ) -> Result<History, BusError> {
        self.past(stream, filter, since, false).await
    }

    /// Reads like [`Bus::history`], but without payloads, which is far less to transfer.
    pub async fn history_of_headers(
        &self,
        stream: &'static str,
        filter: String,
        since: Option<DateTime<Utc>>,
    ) -> Result<History, BusError> {
        self.past(stream, filter, since, true).await
    }

    async fn past(
        &self,
        stream: &'static str,
        filter: String,
        since: Option<DateTime<Utc>>,
        headers_only: bool,
    ) -> Result<History, BusError> {
        let next = match since {
            None => DeliverPolicy::All,
            Some(at) => time::since(at)?,
        };
        let bus = self.clone();
        let mut history = History {
            bus,
            stream,
            filter,
            headers_only,
            next,
            end: 0,
            reading: None,
            about: 0,
            done: false,
        };
        history.about = history.open().await?.waiting;
        // Looked up last, so that reading to the end covers every message that was counted.
        history.end = api::stream_info(self, stream).await?.state.last_seq;
        Ok(history)
    }
}

impl History {
    /// How many messages there were to read when reading began.
    pub fn about(&self) -> u64 {
        self.about
    }

    /// Returns the next message, or `None` at the end. Recovers from short outages by itself. May be called again
    /// after an error.
    pub async fn next(&mut self) -> Result<Option<Past>, BusError> {
        let mut attempt = 1;
        loop {
            match self.read().await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                read => return read,
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Past>, BusError> {
        if self.done {
            return Ok(None);
        }
        let mut reading = match self.reading.take() {
            Some(reading) => reading,
            None => self.open().await?,
        };
        if reading.waiting == 0 {
            self.done = true;
            return Ok(None);
        }
        // If anything fails from here on, the next call opens a new reading.
        let read = reading.expected().await?;
        if read.sequence > self.end {
            self.done = true;
            return Ok(None);
        }
        self.done = read.left == 0;
        self.next = DeliverPolicy::ByStartSequence { start_sequence: read.sequence + 1 };
        self.reading = Some(reading);
        let message = read.message;
        Ok(Some(Past {
            sequence: read.sequence,
            published_at: time::time_of(read.published),
            headers: headers::from_nats(message.headers.as_ref()),
            subject: message.subject.into_string(),
            payload: message.payload,
        }))
    }

    async fn open(&self) -> Result<Reading, BusError> {
        let wanted = Config {
            filter_subject: self.filter.clone(),
            deliver_policy: self.next,
            headers_only: self.headers_only,
            ..Config::default()
        };
        ordered_as(&self.bus, self.stream, wanted, MANY).await
    }
}
