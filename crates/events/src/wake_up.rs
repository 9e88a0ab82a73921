//! Pointers to outbox rows, on `OUTBOUND`.

use domain::{AccountKey, ConversationId, OperationId, TenantId};
use serde::{Deserialize, Serialize};

use crate::{Envelope, Headers, TraceParent, subject};

/// Says that an outbox row is due. The row itself holds what is to be done, so the stream is never the only copy, and a
/// row that was settled meanwhile makes the message void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WakeUp {
    /// The id of the outbox row, which is also the marker of a reply.
    pub operation: OperationId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The account to act in.
    pub account: AccountKey,
    /// The conversation, whose commands keep their order.
    pub conversation: ConversationId,
    /// `send_message`, `set_status`, …
    pub command: String,
    /// The row's place in the outbox. A command that is asked for once more has a row of its own, whose messages must
    /// not count as repetitions of the first one's.
    pub sequence: i64,
    /// How often the row was published before.
    pub publication: i32,
}

impl WakeUp {
    /// The message to publish.
    pub fn envelope(&self, trace: &TraceParent) -> Result<Envelope, serde_json::Error> {
        Ok(Envelope {
            subject: subject::outbound(&self.tenant, &self.command),
            message_id: format!("{}:{}:{}", self.operation, self.sequence, self.publication),
            headers: Headers::default().with(TraceParent::HEADER, trace.to_string()),
            payload: serde_json::to_vec(self)?,
        })
    }
}
