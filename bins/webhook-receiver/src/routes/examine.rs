//! Turns a request's bytes into an event that can be trusted.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use bytes::Bytes;
use chatwoot::signature::{DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, presented};
use chatwoot::{Peek, SignatureError, blank_session_tokens, peek, verify};
use chrono::{DateTime, Utc};
use domain::{AccountKey, EventId};
use events::{Inbound, TraceParent, occurrence};
use secrecy::ExposeSecret as _;

use super::body::Received;
use super::refusal::Refusal;
use crate::sources::{KnownSource, MAX_CANDIDATES, Snapshot};

/// The longest event name that fits wherever names are used. Chatwoot's longest has 27 bytes.
const MAX_EVENT_NAME: usize = 128;
const MAX_DELIVERY: usize = 128;

/// Whose event a request claims to be.
#[derive(Debug, Clone)]
pub(super) enum Claim {
    /// The event of the source in the address.
    Source(Arc<KnownSource>),
    /// The event of an account that the body names.
    Body(Arc<Snapshot>),
}

impl Claim {
    /// The account, if it is known before the body is.
    pub(super) fn account(&self) -> Option<AccountKey> {
        match self {
            Self::Source(source) => Some(source.account),
            Self::Body(_) => None,
        }
    }

    /// With how many secrets a body may be compared. Each costs a pass over the body.
    pub(super) fn secrets(&self) -> usize {
        match self {
            Self::Source(source) => source.secrets.len(),
            Self::Body(snapshot) => snapshot.most_secrets,
        }
    }

    /// Checks whether the headers can be those of a signed request. For a source that need not sign, they may be
    /// missing.
    pub(super) fn check_headers(
        &self,
        headers: &HeaderMap,
        at: DateTime<Utc>,
        tolerance: Duration,
    ) -> Result<(), SignatureError> {
        match self {
            Self::Source(source) if source.allow_unsigned => Ok(()),
            _ => {
                let timestamp = bytes(headers, TIMESTAMP_HEADER);
                let signature = bytes(headers, SIGNATURE_HEADER);
                presented(timestamp, signature, at.timestamp(), tolerance).map(|_| ())
            }
        }
    }
}

/// A request that has arrived as a whole.
pub(super) struct Arrived {
    pub(super) headers: HeaderMap,
    /// The sender's trace, from [`sent_trace`].
    pub(super) sent: Option<TraceParent>,
    pub(super) body: Received,
    pub(super) at: DateTime<Utc>,
    pub(super) tolerance: Duration,
}

impl Arrived {
    /// Returns the event and its body. Fails if the body is not an event, or not from whom it claims to be.
    pub(super) fn examine(mut self, claim: &Claim) -> Result<(Inbound, Bytes), Refusal> {
        let (source, event) = self.sender(claim)?;
        // The signature was made for the original body. From here on there is only this form.
        blank_session_tokens(self.body.bytes_mut());
        let inbound = self.inbound(source, event);
        Ok((inbound, self.body.into_bytes()))
    }

    /// Determines who sent the request, and the event's name.
    fn sender<'a>(&self, claim: &'a Claim) -> Result<(&'a KnownSource, String), Refusal> {
        match claim {
            Claim::Source(source) => {
                if !source.allow_unsigned {
                    self.check_signature(source).map_err(Refusal::Signature)?;
                }
                let peek = self.peek()?;
                if peek.account_id.is_some_and(|id| id != source.chatwoot_account_id) {
                    return Err(Refusal::ForeignAccount);
                }
                Ok((source, peek.event.into_owned()))
            }
            Claim::Body(snapshot) => {
                let peek = self.peek()?;
                let account_id = peek.account_id.ok_or(Refusal::NoAccount)?;
                let source = self.signer(snapshot.by_account_id(account_id))?;
                Ok((source, peek.event.into_owned()))
            }
        }
    }

    /// Determines which of the accounts with the same number sent this. Only a signature can tell: unlike an account's
    /// own address, the number in the body can be guessed by anybody.
    fn signer<'a>(
        &self,
        candidates: Option<&'a [Arc<KnownSource>]>,
    ) -> Result<&'a KnownSource, Refusal> {
        let candidates = candidates.ok_or(Refusal::UnknownSource)?;
        let mut refusal = SignatureError::Mismatch;
        for source in candidates.iter().take(MAX_CANDIDATES) {
            match self.check_signature(source) {
                Ok(()) => return Ok(source),
                Err(error) => refusal = error,
            }
        }
        if candidates.len() > MAX_CANDIDATES {
            return Err(Refusal::AmbiguousSource);
        }
        Err(Refusal::Signature(refusal))
    }

    fn check_signature(&self, source: &KnownSource) -> Result<(), SignatureError> {
        verify(
            source.secrets.iter().map(|secret| secret.expose_secret().as_bytes()),
            bytes(&self.headers, TIMESTAMP_HEADER),
            bytes(&self.headers, SIGNATURE_HEADER),
            self.body.as_ref(),
            self.at.timestamp(),
            self.tolerance,
        )
    }

    fn peek(&self) -> Result<Peek<'_>, Refusal> {
        let peek = peek(self.body.as_ref()).map_err(Refusal::Body)?;
        if peek.event.len() > MAX_EVENT_NAME {
            return Err(Refusal::EventName { limit: MAX_EVENT_NAME });
        }
        Ok(peek)
    }

    fn inbound(&self, source: &KnownSource, event: String) -> Inbound {
        let delivery =
            text(&self.headers, DELIVERY_HEADER).filter(|text| text.len() <= MAX_DELIVERY);
        let occurrence = occurrence(&event, delivery, self.at);
        Inbound {
            id: EventId::of(source.account, self.body.as_ref(), &occurrence),
            account: source.account,
            tenant: source.tenant.clone(),
            event,
            received_at: self.at,
            delivery: delivery.map(str::to_owned),
            origin: "webhook".to_owned(),
            trace: self.sent.map_or_else(TraceParent::generate, |parent| parent.child()),
        }
    }
}

/// The trace that a request belongs to, if its headers name one.
pub(super) fn sent_trace(headers: &HeaderMap) -> Option<TraceParent> {
    text(headers, TraceParent::HEADER)?.parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    headers.get(HeaderName::from_static(name))?.to_str().ok()
}

fn bytes<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a [u8]> {
    headers.get(HeaderName::from_static(name)).map(axum::http::HeaderValue::as_bytes)
}
