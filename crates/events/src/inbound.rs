//! Chatwoot's events on `INBOUND`.

use chrono::{DateTime, Utc};
use domain::{AccountKey, EventId, TenantId};

use crate::{Envelope, HeaderError, Headers, TraceParent, subject};

const ACCOUNT: &str = "Axis-Account";
const TENANT: &str = "Axis-Tenant";
const EVENT: &str = "Axis-Event";
const EVENT_ID: &str = "Axis-Event-Id";
const RECEIVED_AT: &str = "Axis-Received-At";
const DELIVERY: &str = "Axis-Delivery";
const ORIGIN: &str = "Axis-Origin";

/// What is known about an event besides its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The event's id; equal bodies of one account have the same one.
    pub id: EventId,
    /// The account that sent it.
    pub account: AccountKey,
    /// The account's tenant.
    pub tenant: TenantId,
    /// The event's name, as Chatwoot wrote it.
    pub event: String,
    /// When it was made durable here.
    pub received_at: DateTime<Utc>,
    /// Chatwoot's id of the delivery.
    pub delivery: Option<String>,
    /// `webhook`, or `reconciler` for what was fetched.
    pub origin: String,
    /// The trace it is part of.
    pub trace: TraceParent,
}

/// What tells events with equal bodies apart, to be part of their ids. The body of typing is the same each time that
/// somebody types, so it counts once per delivery or, where Chatwoot is too old to name these, once per second. All
/// other bodies tell by themselves, and get nothing.
pub fn occurrence(event: &str, delivery: Option<&str>, received_at: DateTime<Utc>) -> Vec<u8> {
    if !event.starts_with("conversation_typing_") {
        return Vec::new();
    }
    match delivery {
        Some(delivery) => delivery.as_bytes().to_vec(),
        None => received_at.timestamp().to_be_bytes().to_vec(),
    }
}

impl Inbound {
    /// The message to publish: the body unchanged, the rest in headers.
    pub fn envelope<P>(&self, body: P) -> Envelope<P> {
        let mut headers = Headers::default()
            .with(ACCOUNT, self.account.to_string())
            .with(TENANT, self.tenant.as_str())
            .with(EVENT, self.event.as_str())
            .with(EVENT_ID, self.id.to_string())
            .with(RECEIVED_AT, self.received_at.timestamp_micros().to_string())
            .with(ORIGIN, self.origin.as_str())
            .with(TraceParent::HEADER, self.trace.to_string());
        if let Some(delivery) = &self.delivery {
            headers.push(DELIVERY, delivery.as_str());
        }
        Envelope {
            subject: subject::inbound(self.account, &self.event),
            message_id: self.id.to_string(),
            headers,
            payload: body,
        }
    }

    /// The event's name, if the headers tell it.
    pub fn event_of(headers: &Headers) -> Option<&str> {
        headers.get(EVENT)
    }

    /// The tenant of the account that sent it, if the headers tell it.
    pub fn tenant_of(headers: &Headers) -> Option<TenantId> {
        headers.read(TENANT).ok()
    }

    /// Reads an event's facts from the headers of its message.
    pub fn read(headers: &Headers) -> Result<Self, HeaderError> {
        let micros: i64 = headers.read(RECEIVED_AT)?;
        Ok(Self {
            id: headers.read(EVENT_ID)?,
            account: headers.read(ACCOUNT)?,
            tenant: headers.read(TENANT)?,
            event: headers.read(EVENT)?,
            received_at: DateTime::from_timestamp_micros(micros)
                .ok_or(HeaderError { name: RECEIVED_AT })?,
            delivery: headers.get(DELIVERY).map(str::to_owned),
            origin: headers.get(ORIGIN).unwrap_or("webhook").to_owned(),
            trace: headers.read(TraceParent::HEADER).unwrap_or_else(|_| TraceParent::generate()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip() {
        let inbound = Inbound {
            id: EventId::generate(),
            account: AccountKey::generate(),
            tenant: "acme".parse().unwrap(),
            event: "message_created".into(),
            received_at: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            delivery: Some("d-1".into()),
            origin: "webhook".into(),
            trace: TraceParent::generate(),
        };
        let headers = inbound.envelope(()).headers;
        assert_eq!(Inbound::event_of(&headers), Some("message_created"));
        assert_eq!(Inbound::tenant_of(&headers), Some(inbound.tenant.clone()));
        assert_eq!(Inbound::read(&headers), Ok(inbound));
    }

    #[test]
    fn a_missing_header_is_named() {
        let error = Inbound::read(&Headers::default()).unwrap_err();
        assert_eq!(error, HeaderError { name: RECEIVED_AT });
    }

    #[test]
    fn typing_counts_per_delivery_or_second_and_nothing_else_does() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let typing = |delivery, second| occurrence("conversation_typing_on", delivery, at(second));
        assert_eq!(typing(Some("d"), 7), b"d");
        assert_eq!(typing(None, 7), typing(None, 7));
        assert_ne!(typing(None, 7), typing(None, 8));
        assert_eq!(occurrence("message_created", Some("d"), at(7)), b"");
        assert_eq!(occurrence("message_created", None, at(7)), b"");
    }
}
