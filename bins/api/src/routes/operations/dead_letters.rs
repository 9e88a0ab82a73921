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

/// Names a dead letter by when it died and its position, so that another letter which comes to have
/// that position is not taken for it.
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
    /// What a UUID's variant leaves of its last 8 bytes.
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

/// What could not be processed, without what it holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetter {
    id: DeadLetterId,
    /// Its position among all dead letters, as `axis dead-letters` names it.
    sequence: u64,
    /// When it was given up.
    at: DateTime<Utc>,
    /// The stream that it was read from.
    #[schema(example = "INBOUND")]
    stream: String,
    /// Its position there.
    stream_sequence: u64,
    /// Who could not process it.
    #[schema(example = "sync-worker")]
    consumer: String,
    /// Its subject.
    subject: String,
    /// The Chatwoot account, where it is known.
    account_id: Option<AccountKey>,
    /// What it is: the name of an event or of a command.
    #[schema(example = "message_created")]
    event: Option<String>,
    /// A word for the kind of failure.
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

    /// In words without personal data, for the audit.
    fn words(&self) -> String {
        let Self { sequence, reason, stream_sequence, stream, .. } = self;
        format!("sequence {sequence}: {reason} {stream_sequence} of {stream}")
    }

    /// Writes down, for good, what is about to be done to it.
    async fn begin(
        &self,
        app: &App,
        principal: &Principal,
        action: &str,
    ) -> Result<Begun, ApiError> {
        // The second of a request that has room to ask.
        let mut transaction = app.store.tenant(&principal.tenant).await?;
        let (words, account) = (self.words(), self.account_id);
        let begun =
            Begun::write(&mut transaction, principal, action, words, account, json!({})).await?;
        store::commit(transaction).await?;
        Ok(begun)
    }
}

/// Events of names that are not known share a subject, so their headers tell; commands have none.
fn event_of(stored: &StoredDeadLetter) -> Option<&str> {
    let told = events::Inbound::event_of(&stored.headers);
    told.or_else(|| stored.letter.subject.split('.').nth(2))
}

/// Which letters are a tenant's.
pub(super) struct Own<'a> {
    principal: &'a Principal,
    accounts: Vec<AccountKey>,
}

impl<'a> Own<'a> {
    /// In a transaction of the tenant.
    pub(super) async fn of(
        connection: &mut PgConnection,
        principal: &'a Principal,
    ) -> Result<Self, ApiError> {
        let served = store::accounts::served(connection).await?;
        Ok(Self { principal, accounts: served.into_iter().map(|account| account.id).collect() })
    }

    /// Its accounts.
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

/// The letter with this id, if it is the caller's.
async fn find(app: &App, own: &Own<'_>, id: DeadLetterId) -> Result<StoredDeadLetter, ApiError> {
    let stored = app.bus.dead_letters().get(id.position()).await?;
    stored
        .filter(|stored| DeadLetterId::of(stored) == id && own.holds(stored))
        .ok_or(ApiError::NotFound("dead letter"))
}

/// What to do with a letter.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "dryRun": true }))]
pub(in crate::routes) struct ActOnDeadLetter {
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a letter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterActedOn {
    dead_letter: DeadLetter,
    outcome: Outcome,
    /// Its new position in its own stream, if it was sent there again.
    sequence: Option<u64>,
    /// Nothing was done.
    dry_run: bool,
}

/// What became of a letter, or would.
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
    /// Somebody else was faster.
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
