//! A program's connection to NATS.

use std::collections::HashSet;
use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, context::ContextBuilder};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use domain::in_words;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::publish::{self, Confirmations, Standstills};
use crate::{Config, ConnectError, Publisher};

/// How long a program waits for NATS at its start.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);
/// How long to wait between attempts at the start, and at most between later attempts.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(250);
const RECONNECT_PAUSE: Duration = Duration::from_secs(2);
/// How often a silent server is asked whether it is still there. The library gives a connection up when the answer to
/// the first of three such questions is still missing at the third, so after 15 s. Without this, it would take 180 s:
/// a machine that loses power says nothing, and TCP waits for longer than that.
const PING: Duration = Duration::from_secs(5);
/// How long a program waits for an answer ([`Config::answering`]).
pub(crate) const ANSWERING: Duration = Duration::from_secs(5);

/// A connection to NATS. Clones share it; it closes when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Bus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    jetstream: jetstream::Context,
    confirmations: Confirmations,
    standstills: Arc<Standstills>,
    connections: watch::Receiver<u64>,
    counter: JoinHandle<()>,
    answering: Duration,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.counter.abort();
    }
}

impl Bus {
    /// Connects, trying for up to 15 s. A lost connection is restored automatically, for as long as it takes.
    /// `name`, which must be a single subject token, is shown in the server's lists of connections.
    pub async fn connect(config: &Config, name: &str) -> Result<Self, ConnectError> {
        let addresses = config.addresses()?;
        let deadline = Instant::now() + CONNECT_DEADLINE;
        loop {
            let (options, events) = options(config, name).await?;
            let error = match options.connect(addresses.clone()).await {
                Ok(client) => return Ok(Self::over(client, events, config.answering)),
                Err(error) => error,
            };
            match error.kind() {
                ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                    return Err(ConnectError::Refused(error));
                }
                ConnectErrorKind::ServerParse => return Err(ConnectError::Address),
                _ if Instant::now() + ATTEMPT_PAUSE > deadline => {
                    let seconds = CONNECT_DEADLINE.as_secs();
                    return Err(ConnectError::Unreachable { seconds, source: error });
                }
                _ => tokio::time::sleep(ATTEMPT_PAUSE).await,
            }
        }
    }

    /// Returns at once and keeps trying to connect in the background. Fails only if a setting is invalid.
    pub async fn connect_lazily(config: &Config, name: &str) -> Result<Self, ConnectError> {
        let (options, events) = options(config, name).await?;
        let client = options
            .retry_on_initial_connect()
            .connect(config.addresses()?)
            .await
            .map_err(|_| ConnectError::Address)?;
        Ok(Self::over(client, events, config.answering))
    }

    fn over(client: Client, mut events: mpsc::UnboundedReceiver<()>, answering: Duration) -> Self {
        publish::count_from_zero();
        let jetstream = ContextBuilder::new().timeout(answering).build(client.clone());
        let (confirmations, standstills) =
            (Confirmations::within(answering), Arc::<Standstills>::default());
        let (count, connections) = watch::channel(0);
        let (handle, of_before) = (client.clone(), Arc::clone(&standstills));
        let counter = tokio::spawn(async move {
            while events.recv().await.is_some() {
                // The event is sent while the connection is still being set up. By the time a flush is answered,
                // the connection is usable and the server's id is known.
                if handle.flush().await.is_ok() {
                    of_before.forget();
                    count.send_modify(|count| *count += 1);
                }
            }
        });
        Self(Arc::new(Inner {
            client,
            jetstream,
            confirmations,
            standstills,
            connections,
            counter,
            answering,
        }))
    }

    /// Whether there is a connection at this moment.
    pub fn connected(&self) -> bool {
        // The library's last word, even if its own task has crashed since.
        self.0.client.connection_state() == State::Connected && !self.0.counter.is_finished()
    }

    /// Whether a stream has confirmed nothing for about half a minute of what this connection gave it, although the
    /// server is there.
    pub fn stands_still(&self, stream: &str) -> bool {
        self.connected() && self.0.standstills.lasts(stream)
    }

    /// Waits until there can be no connection any more: it was closed, or the library's own task has crashed, as it does
    /// at a message with headers that no program of ours writes.
    pub(crate) async fn ended(&self) {
        let mut connections = self.connections();
        while connections.changed().await.is_ok() {}
    }

    /// Counts the connections made so far, including reconnects. Changes soon after each one.
    pub fn connections(&self) -> watch::Receiver<u64> {
        self.0.connections.clone()
    }

    /// Identifies the run of the server that this is, or was last, connected to: the id changes when the server
    /// restarts, and stays the same if only the connection was lost. Returns `None` before the first connection.
    pub fn server_id(&self) -> Option<String> {
        self.0.client.try_server_info().map(|info| info.server_id)
    }

    /// Returns a publisher that uses this connection.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.clone())
    }

    /// Waits until everything handed over so far has been written to the connection, for at most
    /// [`Config::answering`]. Does not wait if there is no connection.
    pub async fn flush(&self) {
        if !self.connected() {
            return;
        }
        tokio::time::timeout(self.answering(), self.0.client.flush()).await.ok();
    }

    /// Writes what is buffered, then closes the connection for all clones.
    pub async fn drain(self) {
        self.flush().await;
        tokio::time::timeout(self.answering(), self.0.client.drain()).await.ok();
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// How long to wait for an answer.
    pub(crate) fn answering(&self) -> Duration {
        self.0.answering
    }

    pub(crate) fn confirmations(&self) -> &Confirmations {
        &self.0.confirmations
    }

    pub(crate) fn standstills(&self) -> &Standstills {
        &self.0.standstills
    }

    pub(crate) fn jetstream(&self) -> &jetstream::Context {
        &self.0.jetstream
    }
}

/// The options of a connection, and a signal for each connection made with them.
async fn options(
    config: &Config,
    name: &str,
) -> Result<(ConnectOptions, mpsc::UnboundedReceiver<()>), ConnectError> {
    let (connected, events) = mpsc::unbounded_channel();
    let told = Told::default();
    let options = config
        .options()
        .await?
        .name(name)
        // A program may subscribe to its own inboxes only (`nats/permissions.conf`).
        .custom_inbox_prefix(format!("_INBOX.{name}"))
        .request_timeout(Some(config.answering))
        .ping_interval(PING)
        .reconnect_delay_callback(|attempts| {
            let doubled = 2u64.saturating_pow(u32::try_from(attempts).unwrap_or(u32::MAX));
            Duration::from_millis(doubled.saturating_mul(5)).min(RECONNECT_PAUSE)
        })
        .event_callback(move |event| {
            if event == Event::Connected {
                connected.send(()).ok();
            }
            log(&event, &told);
            future::ready(())
        });
    Ok((options, events))
}

/// The reasons already logged for failed attempts since the last connection. Attempts go on without end and
/// mostly fail for the same reason, which is worth one warning.
#[derive(Debug, Default)]
struct Told(Mutex<HashSet<String>>);

impl Told {
    fn is_news(&self, reason: String) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(reason)
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn log(event: &Event, told: &Told) {
    match event {
        Event::Connected => {
            told.forget();
            tracing::info!("connected to NATS");
        }
        Event::Disconnected => tracing::warn!("the connection to NATS was lost, reconnecting"),
        Event::SlowConsumer(_) => tracing::warn!("NATS sends faster than this program reads"),
        Event::ServerError(error) => {
            tracing::warn!(error = in_words(&error), "NATS reports an error");
        }
        Event::LameDuckMode => tracing::info!("the NATS server is about to stop"),
        Event::ClientError(error) => {
            if told.is_news(error.to_string()) {
                tracing::warn!(error = %error, "no connection to NATS could be made, trying again");
            } else {
                tracing::debug!(error = %error, "still no connection to NATS");
            }
        }
        Event::Draining | Event::Closed => {
            tracing::debug!(event = %event, "the connection to NATS changed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_there_is_no_connection_is_news_once_and_again_after_there_was_one() {
        let told = Told::default();
        for _ in 0..2 {
            assert!(told.is_news("refused".to_owned()));
            assert!(!told.is_news("refused".to_owned()));
            assert!(told.is_news("no such name".to_owned()), "another reason");
            log(&Event::Connected, &told);
        }
    }
}
