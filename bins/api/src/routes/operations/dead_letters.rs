//! `/operations/dead-letters`

pub(in crate::routes) mod drop;
pub(in crate::routes) mod get;
pub(in crate::routes) mod list;
pub(in crate::routes) mod redrive;

use bus::StoredDeadLetter;
use chrono::{DateTime, Utc};
use domain::AccountKey;
use repair::{Owner, account_of, mask, owner_of};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::PgConnection;
use uuid::Uuid;

use super::Begun;
use crate::App;
use crate::auth::Principal;
use crate::error::ApiError;

/// Names a dead letter by when it died and by its position, so that another letter that later gets
/// the position is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid)]
pub(in crate::routes) struct DeadLetterId(Uuid);

impl From<Uuid> for DeadLetterId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl DeadLetterId {
    /// The bits that a UUID's variant leaves of its last 8 bytes.
    const POSITION: u64 = u64::MAX >> 2;

    fn of(stored: &StoredDeadLetter) -> Self {
        let millis = u64::try_from(stored.letter.at.timestamp_millis()).unwrap_or_default();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[8..].copy_from_slice(&(stored.sequence & Self::POSITION).to_be_bytes());
        Self(Uuid::new_v8(bytes))
    }

    fn position(self) -> u64 {
        let (_, low) = self.0.as_u64_pair();
        low & Self::POSITION
    }
}

/// A message that could not be processed, without its content.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetter {
    id: DeadLetterId,
    /// Position among all dead letters, by which `axis dead-letters` names it.
    sequence: u64,
    /// When it was given up.
    at: DateTime<Utc>,
    /// Stream that it was read from.
    #[schema(example = "INBOUND")]
    stream: String,
    /// Position in that stream.
    stream_sequence: u64,
    /// Consumer that could not process it.
    #[schema(example = "sync-worker")]
    consumer: String,
    /// Subject of the message.
    subject: String,
    /// Chatwoot account that it belongs to; null if that is not known.
    account_id: Option<AccountKey>,
    /// Name of the event or command.
    #[schema(example = "message_created")]
    event: Option<String>,
    /// Kind of failure, in a word.
    #[schema(example = "undecodable")]
    reason: String,
    /// The failure in words, with what it quotes masked.
    detail: String,
}

impl DeadLetter {
    fn of(stored: &StoredDeadLetter) -> Self {
        let letter = &stored.letter;
        Self {
            id: DeadLetterId::of(stored),
            sequence: stored.sequence,
            at: letter.at,
            stream: letter.stream.clone(),
            stream_sequence: letter.sequence,
            consumer: letter.consumer.clone(),
            subject: letter.subject.clone(),
            account_id: account_of(stored),
            event: event_of(stored).map(str::to_owned),
            reason: letter.reason.clone(),
            detail: mask::quotations(&letter.detail),
        }
    }

    /// Describes it without personal data, for the audit.
    fn words(&self) -> String {
        let Self { sequence, reason, stream_sequence, stream, .. } = self;
        format!("sequence {sequence}: {reason} {stream_sequence} of {stream}")
    }

    /// Records in the audit what is about to be done to it.
    async fn begin(
        &self,
        app: &App,
        principal: &Principal,
        action: &str,
    ) -> Result<Begun, ApiError> {
        // The request's second transaction, for which it has room.
        let mut transaction = app.store.tenant(&principal.tenant).await?;
        let (words, account) = (self.words(), self.account_id);
        let begun =
            Begun::write(&mut transaction, principal, action, words, account, json!({})).await?;
        store::commit(transaction).await?;
        Ok(begun)
    }
}

/// Events with unknown names share a subject, so their headers tell the name; commands have no such header.
fn event_of(stored: &StoredDeadLetter) -> Option<&str> {
    let told = events::Inbound::event_of(&stored.headers);
    told.or_else(|| stored.letter.subject.split('.').nth(2))
}

/// Which dead letters are a tenant's.
pub(super) struct Own<'a> {
    principal: &'a Principal,
    accounts: Vec<AccountKey>,
}

impl<'a> Own<'a> {
    /// Needs a transaction of the tenant.
    pub(super) async fn of(
        connection: &mut PgConnection,
        principal: &'a Principal,
    ) -> Result<Self, ApiError> {
        let served = store::accounts::served(connection).await?;
        Ok(Self { principal, accounts: served.into_iter().map(|account| account.id).collect() })
    }

    /// The tenant's accounts.
    pub(super) fn accounts(&self) -> &[AccountKey] {
        &self.accounts
    }

    fn holds(&self, stored: &StoredDeadLetter) -> bool {
        owner_of(stored).is_some_and(|owner| self.is(&owner))
    }

    /// Whether this owner is the tenant, or one of its accounts.
    pub(super) fn is(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Account(account) => self.accounts.contains(account),
            Owner::Tenant(tenant) => *tenant == self.principal.tenant,
        }
    }
}

/// Returns the dead letter with this id, if it is the caller's.
async fn find(app: &App, own: &Own<'_>, id: DeadLetterId) -> Result<StoredDeadLetter, ApiError> {
    let stored = app.bus.dead_letters().get(id.position()).await?;
    stored
        .filter(|stored| DeadLetterId::of(stored) == id && own.holds(stored))
        .ok_or(ApiError::NotFound("dead letter"))
}

/// What to do with a dead letter.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "dryRun": true }))]
pub(in crate::routes) struct ActOnDeadLetter {
    /// Whether only to say what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a dead letter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterActedOn {
    dead_letter: DeadLetter,
    outcome: Outcome,
    /// New position in its own stream; null if it was not sent there again.
    sequence: Option<u64>,
    /// Whether this was a dry run, in which nothing is done.
    dry_run: bool,
}

/// What became of a dead letter, or would.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It would be sent to its stream again.
    WouldBeSent,
    /// It was sent to its stream again and is no dead letter any more.
    Sent,
    /// An earlier try had sent it already.
    SentBefore,
    /// It would be removed for good.
    WouldBeDropped,
    /// It was removed for good.
    Dropped,
    /// It is gone: somebody else was faster.
    Gone,
}

#[cfg(test)]
mod tests {
    use bus::StoredDeadLetter;
    use events::Headers;

    use super::*;

    #[test]
    fn an_id_names_one_letter_and_no_other_that_comes_to_its_place() {
        let letter = |sequence, at| StoredDeadLetter {
            sequence,
            letter: events::DeadLetter {
                stream: "INBOUND".into(),
                subject: "inbound.a.b".into(),
                sequence: 1,
                consumer: "sync-worker".into(),
                reason: "undecodable".into(),
                detail: String::new(),
                at: DateTime::from_timestamp_millis(at).unwrap(),
            },
            headers: Headers::default(),
            payload: bytes::Bytes::new(),
        };
        for sequence in [1, 4711, DeadLetterId::POSITION] {
            let id = DeadLetterId::of(&letter(sequence, 1_790_000_000_123));
            assert_eq!(id.position(), sequence);
            assert_ne!(id, DeadLetterId::of(&letter(sequence, 1_790_000_000_124)));
        }
        let named = letter(1, 1_790_000_000_123);
        assert_eq!(event_of(&named), Some("b"));
        let headers = Headers::default().with("Axis-Event", "odd");
        assert_eq!(event_of(&StoredDeadLetter { headers, ..named }), Some("odd"));
    }
}
