//! Questions on core NATS that every program which hears them answers for itself.

use std::future;
use std::time::Duration;

use async_nats::{StatusCode, Subject};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use crate::{Bus, BusError, PublishError};

/// How long to wait for the first answer, and for all of them.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for one more answer. Nobody knows how many there will be, but all are asked at the same moment.
const ONE_MORE: Duration = Duration::from_millis(250);
/// The most answers that are waited for.
const MOST: usize = 256;

/// A question that somebody asked.
#[derive(Debug)]
pub struct Question {
    /// Its bytes.
    pub payload: Bytes,
    reply: Subject,
    bus: Bus,
}

impl Question {
    /// Answers it. Whoever asked may have stopped waiting.
    pub async fn answer(self, payload: Bytes) -> Result<(), PublishError> {
        self.bus.publisher().live(self.reply.into_string(), payload).await
    }
}

impl Bus {
    /// Hears the questions on a subject, across reconnects. Those asked while there is no connection are missed.
    pub async fn questions(
        &self,
        subject: &str,
    ) -> Result<impl Stream<Item = Question> + Send + Unpin + use<>, BusError> {
        let heard = self.client().subscribe(subject.to_owned()).await;
        let bus = self.clone();
        Ok(heard.map_err(BusError::unavailable)?.filter_map(move |message| {
            let bus = bus.clone();
            let question = |reply| Question { payload: message.payload, reply, bus };
            future::ready(message.reply.map(question))
        }))
    }

    /// Asks everybody who hears a subject. Returns the answers that came soon enough: none at once if nobody hears it.
    pub async fn ask_all(&self, subject: &str, payload: Bytes) -> Result<Vec<Bytes>, BusError> {
        // Otherwise the question would be asked once there is a connection, when nobody waits for answers any more.
        if !self.connected() {
            return Err(BusError::unavailable("there is no connection to NATS"));
        }
        let client = self.client();
        let inbox = client.new_inbox();
        let deadline = Instant::now() + PATIENCE;
        let asked = async {
            let answers = client.subscribe(inbox.clone()).await.map_err(BusError::unavailable)?;
            let sent = client.publish_with_reply(subject.to_owned(), inbox, payload).await;
            sent.map_err(BusError::unavailable)?;
            Ok(answers)
        };
        let mut answers = timeout_at(deadline, asked).await.map_err(BusError::unavailable)??;
        let (mut told, mut until) = (Vec::new(), deadline);
        while told.len() < MOST
            && let Ok(Some(answer)) = timeout_at(until, answers.next()).await
            && answer.status != Some(StatusCode::NO_RESPONDERS)
        {
            told.push(answer.payload);
            until = deadline.min(Instant::now() + ONE_MORE);
        }
        Ok(told)
    }
}
