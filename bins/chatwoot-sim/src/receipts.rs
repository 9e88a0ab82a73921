//! Providers report back: outgoing messages become delivered and read after a moment.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::lock::lock;
use crate::model::{Denied, Event, MessageType, Subject};
use crate::sim::Sim;

/// The queue from new messages to their providers.
pub(crate) struct Receipts {
    queue: mpsc::UnboundedSender<Sent>,
    intake: std::sync::Mutex<Option<mpsc::UnboundedReceiver<Sent>>>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    account: i64,
    conversation: i64,
    message: i64,
}

impl Default for Receipts {
    fn default() -> Self {
        let (queue, intake) = mpsc::unbounded_channel();
        Self { queue, intake: std::sync::Mutex::new(Some(intake)) }
    }
}

impl Receipts {
    pub(crate) fn observe(&self, sim: &Sim, events: &[Event]) {
        if sim.shared.options.delivery_receipts.is_none() {
            return;
        }
        for event in events.iter().filter(|event| event.name == "message_created") {
            if let Subject::Message { conversation, id } = event.subject {
                sim.shared.dispatch.begin();
                let sent = Sent { account: event.account, conversation, message: id };
                if self.queue.send(sent).is_err() {
                    sim.shared.dispatch.end();
                }
            }
        }
    }
}

pub(crate) async fn run(sim: Sim, shutdown: CancellationToken) {
    let Some(range) = sim.shared.options.delivery_receipts else { return };
    let Some(mut intake) = lock(&sim.shared.receipts.intake).take() else { return };
    let tasks = TaskTracker::new();
    let pause = |sim: &Sim| sim.shared.faults.draw(range);
    let work = async {
        while let Some(sent) = intake.recv().await {
            let (sim, pauses) = (sim.clone(), [pause(&sim), pause(&sim)]);
            let shutdown = shutdown.clone();
            tasks.spawn(async move {
                shutdown.run_until_cancelled(report(&sim, sent, pauses)).await;
                sim.shared.dispatch.end();
            });
        }
    };
    shutdown.run_until_cancelled(work).await;
    tasks.close();
    tasks.wait().await;
}

async fn report(sim: &Sim, sent: Sent, pauses: [Duration; 2]) {
    // A message that came from the channel, a note or an incoming one is not sent to anybody.
    if !matches!(sim.act(|world| provider_takes(world, sent)), Ok(true)) {
        return;
    }
    for (status, pause) in ["delivered", "read"].into_iter().zip(pauses) {
        tokio::time::sleep(pause).await;
        let Sent { account, conversation, message } = sent;
        // A message that failed or was removed meanwhile stays as it is.
        let moved = sim.act(|world| {
            if world.message(account, conversation, message)?.status == "failed" {
                return Err(Denied::NotFound);
            }
            world.set_message_status(account, conversation, message, status, None)
        });
        if moved.is_err() {
            return;
        }
    }
}

/// Returns whether the message goes out at all. Mail and messenger channels give it an id of their own.
fn provider_takes(world: &mut crate::model::World, sent: Sent) -> Result<bool, Denied> {
    let Sent { account, conversation, message } = sent;
    let row = world.message(account, conversation, message)?;
    if row.message_type != MessageType::Outgoing || row.private || row.source_id.is_some() {
        return Ok(false);
    }
    let inbox = world.conversation(account, conversation)?.inbox_id;
    let channel = world.inbox(account, inbox)?.channel.clone();
    let given = match channel.as_str() {
        "Channel::Email" => Some(format!("conversation/{}@mail.example", world.uuid())),
        "Channel::Whatsapp" => Some(format!("wamid.{}", world.token(32))),
        _ => None,
    };
    if let Some(given) = given {
        world.update_message(account, conversation, message, |row| row.source_id = Some(given))?;
    }
    Ok(true)
}
