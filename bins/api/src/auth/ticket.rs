//! Browsers that open a live stream, identified by a ticket. `EventSource` cannot send a header, and a token
//! in an address would stay in logs and histories. A ticket may stay there: once used, it is worthless.

use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use domain::{Permissions, SecretKey, Token, TokenKind};
use serde::{Deserialize, Serialize};
use store::stream_tickets::Bearer;

use super::{CallerKind, Principal};
use crate::App;
use crate::database::Credential;
use crate::error::ApiError;
use crate::recent::LATELY;

/// How long a ticket can be used, in seconds.
const LIFETIME_SECONDS: i32 = 30;

/// What a ticket remembers of the caller who asked for it.
#[derive(Serialize, Deserialize)]
struct TicketHolder {
    kind: CallerKind,
    id: String,
    name: String,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
struct Shown {
    ticket: Option<String>,
}

/// Issues a ticket for this caller. Returns it with the time until which it can be used.
pub(crate) async fn issue(
    principal: &Principal,
    app: &App,
) -> Result<(Token, DateTime<Utc>), ApiError> {
    let holder = TicketHolder {
        kind: principal.kind,
        id: principal.id.clone(),
        name: principal.name.clone(),
        permissions: principal.permissions.names(),
    };
    let bearer = Bearer {
        tenant: principal.tenant.clone(),
        caller: serde_json::to_value(holder).map_err(ApiError::internal)?,
        session_ends_at: principal.ends_at,
    };
    let ticket = match &app.key {
        Some(key) => Token::generate_signed(TokenKind::Ticket, key, Utc::now()),
        None => Token::generate(TokenKind::Ticket),
    };
    let digest = ticket.digest();
    let mut transaction = app.tenant(&principal.tenant).await?;
    let issued =
        store::stream_tickets::issue(&mut transaction, &digest, &bearer, LIFETIME_SECONDS).await?;
    let until = issued.ok_or(ApiError::TooManyStreams)?;
    transaction.commit().await?;
    if app.key.is_none() {
        app.places.recent().note(digest);
    }
    Ok((ticket, until))
}

/// Identifies the caller by the ticket in the query string, and uses the ticket up.
pub(super) async fn redeem(parts: &Parts, app: &App) -> Result<Principal, ApiError> {
    let shown = axum::extract::Query::<Shown>::try_from_uri(&parts.uri);
    let shown = shown.ok().and_then(|query| query.0.ticket);
    let ticket = shown.and_then(|text| Token::read(TokenKind::Ticket, &text));
    let ticket = ticket.ok_or(ApiError::Unauthorized)?;
    let digest = ticket.digest();
    let credential = match &app.key {
        Some(key) if is_signed_lately(&ticket, key) => Credential::SignedTicket(&digest),
        _ => Credential::Digest(&digest),
    };
    let mut transaction = app.gate(credential).await?;
    let bearer = store::stream_tickets::redeem(&mut transaction, &digest).await?;
    transaction.commit().await?;
    // A ticket works only once.
    app.places.recent().forget(&digest);
    let bearer = bearer.ok_or(ApiError::Unauthorized)?;
    if bearer.session_ends_at.is_some_and(|end| end <= Utc::now()) {
        return Err(ApiError::Unauthorized);
    }
    let holder: TicketHolder = serde_json::from_value(bearer.caller).map_err(ApiError::internal)?;
    Ok(Principal {
        tenant: bearer.tenant,
        kind: holder.kind,
        id: holder.id,
        name: holder.name,
        email: None,
        permissions: Permissions::known(&holder.permissions),
        ends_at: bearer.session_ends_at,
    })
}

/// Whether the API has signed this ticket within a minute of now: those that can still be used, though the clocks of two
/// processes differ by half a minute.
fn is_signed_lately(ticket: &Token, key: &SecretKey) -> bool {
    let age = |at| Utc::now().signed_duration_since(at).abs().to_std();
    let at = ticket.signed_at(TokenKind::Ticket, key);
    at.is_some_and(|at| age(at).is_ok_and(|age| age < LATELY))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_ticket_is_told_by_its_signature_while_it_may_be_used_by_any_clock() {
        let key = || SecretKey::generate_text().parse::<SecretKey>().unwrap();
        let (ours, others) = (key(), key());
        for (seconds, lately) in [(-90, false), (-30, true), (0, true), (30, true), (90, false)] {
            let at = Utc::now() + TimeDelta::seconds(seconds);
            let ticket = Token::generate_signed(TokenKind::Ticket, &ours, at);
            assert_eq!(is_signed_lately(&ticket, &ours), lately, "{seconds}");
            assert!(!is_signed_lately(&ticket, &others));
        }
    }
}
