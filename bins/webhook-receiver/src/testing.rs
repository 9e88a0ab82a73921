//! Fixtures for the tests of several modules.

use std::sync::Arc;

use chrono::DateTime;
use domain::{AccountKey, EventId, SecretKey};
use events::{Inbound, Source, TraceParent};

use crate::sources::{Snapshot, Sources};

/// Makes an event of some account.
pub(crate) fn inbound(event: &str, delivery: Option<String>) -> Inbound {
    Inbound {
        id: EventId::generate(),
        account: AccountKey::generate(),
        tenant: "acme".parse().unwrap(),
        event: event.to_owned(),
        received_at: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
        delivery,
        origin: "webhook".to_owned(),
        trace: TraceParent::generate(),
    }
}

/// Makes a source with these secrets.
pub(crate) fn source(key: &SecretKey, chatwoot_account_id: i64, secrets: &[&str]) -> Source {
    let seal = |secret: &&str| {
        let sealed = key.seal(Source::SECRET_PURPOSE, &(*secret).into()).unwrap();
        hex::encode(sealed.0)
    };
    Source {
        account: AccountKey::generate(),
        tenant: "acme".parse().unwrap(),
        chatwoot_account_id,
        base_url: "https://chat.example.com".to_owned(),
        sealed_secrets: secrets.iter().map(seal).collect(),
        allow_unsigned: false,
    }
}

/// Makes the state of a receiver that knows these sources, or nothing yet.
pub(crate) fn sources(sources: Option<&[&Source]>, key: &SecretKey) -> Arc<Sources> {
    let all = |sources: &[&Source]| {
        sources.iter().map(|source| (source.account, (*source).clone())).collect()
    };
    Sources::holding(sources.map(|sources| Snapshot::of(&all(sources), key, None)))
}
