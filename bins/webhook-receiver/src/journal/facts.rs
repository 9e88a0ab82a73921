//! Encodes what is known about an event besides its body.
//!
//! Integers are big-endian. A text is its length in two bytes, followed by its UTF-8.
//!
//! ```text
//! format 1 | id 16 | account 16 | received at, µs, 8 | tenant | event | delivery, "" for none | origin | traceparent
//! ```

use bytes::{Buf, BufMut, BytesMut};
use chrono::DateTime;
use domain::{AccountKey, EventId};
use events::Inbound;
use uuid::Uuid;

const FORMAT: u8 = 1;

/// A text that does not fit its length field.
#[derive(Debug)]
pub(super) struct TooLong;

pub(super) fn encode(inbound: &Inbound, out: &mut BytesMut) -> Result<(), TooLong> {
    out.put_u8(FORMAT);
    out.put_slice(inbound.id.0.as_bytes());
    out.put_slice(inbound.account.0.as_bytes());
    out.put_i64(inbound.received_at.timestamp_micros());
    put(out, inbound.tenant.as_str())?;
    put(out, &inbound.event)?;
    put(out, inbound.delivery.as_deref().unwrap_or_default())?;
    put(out, &inbound.origin)?;
    put(out, &inbound.trace.to_string())
}

pub(super) fn decode(mut bytes: &[u8]) -> Option<Inbound> {
    if bytes.try_get_u8().ok()? != FORMAT {
        return None;
    }
    Some(Inbound {
        id: EventId(Uuid::from_u128(bytes.try_get_u128().ok()?)),
        account: AccountKey(Uuid::from_u128(bytes.try_get_u128().ok()?)),
        received_at: DateTime::from_timestamp_micros(bytes.try_get_i64().ok()?)?,
        tenant: take(&mut bytes)?.parse().ok()?,
        event: take(&mut bytes)?.to_owned(),
        delivery: Some(take(&mut bytes)?).filter(|text| !text.is_empty()).map(str::to_owned),
        origin: take(&mut bytes)?.to_owned(),
        trace: take(&mut bytes)?.parse().ok()?,
    })
}

fn put(out: &mut BytesMut, text: &str) -> Result<(), TooLong> {
    out.put_u16(u16::try_from(text.len()).map_err(|_| TooLong)?);
    out.put_slice(text.as_bytes());
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::from(bytes.try_get_u16().ok()?);
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}
