//! The names of streams and subjects. Every token is checked or made safe here and nowhere else.

use domain::{AccountKey, TenantId};

/// The stream of what Chatwoot sends.
pub const INBOUND: &str = "INBOUND";
/// The stream of what agents do.
pub const OUTBOUND: &str = "OUTBOUND";
/// The stream that screens follow.
pub const ACTIVITY: &str = "ACTIVITY";
/// The stream of what could not be processed.
pub const DEAD_LETTER: &str = "DEAD_LETTER";

/// Where receivers are asked what only they know. Of no stream.
pub const REPORT: &str = "receivers.report";

/// The events that have a subject of their own: Chatwoot's, and ours for what the reconciler read.
const EVENTS: [&str; 15] = [
    "contact_created",
    "contact_updated",
    "conversation_created",
    "conversation_status_changed",
    "conversation_typing_off",
    "conversation_typing_on",
    "conversation_updated",
    "inbox_created",
    "inbox_updated",
    "message_created",
    "message_updated",
    "reconciled_contact",
    "reconciled_conversation",
    "reconciled_gone",
    "webwidget_triggered",
];
/// What stands for the name of any other event, which only its headers tell. Whoever may send events could make up
/// names without end, and NATS keeps account of each subject.
pub const OTHER: &str = "other";

/// `inbound.<account key>.<event>`, or `inbound.<account key>.other`
pub fn inbound(account: AccountKey, event: &str) -> String {
    let event = if has_its_own(event) { event } else { OTHER };
    format!("inbound.{}.{event}", account.token())
}

/// Whether events of this name have a subject of their own.
pub fn has_its_own(event: &str) -> bool {
    EVENTS.contains(&event)
}

/// The filter for the subjects of an account's events with this name, or of those of all accounts or all names. For a
/// name without a subject of its own it covers all names, since earlier versions gave it one.
pub fn inbound_filter(account: Option<AccountKey>, event: Option<&str>) -> String {
    let account = account.map_or_else(|| "*".to_owned(), |account| account.token());
    let event = event.filter(|event| has_its_own(event)).unwrap_or("*");
    format!("inbound.{account}.{event}")
}

/// `outbound.<tenant>.<command>`
pub fn outbound(tenant: &TenantId, command: &str) -> String {
    format!("outbound.{tenant}.{}", token(command))
}

/// `activity.<tenant>.<type>`
pub fn activity(tenant: &TenantId, kind: &str) -> String {
    format!("activity.{tenant}.{}", token(kind))
}

/// `dead-letter.<stream>.<reason>`
pub fn dead_letter(stream: &str, reason: &str) -> String {
    format!("dead-letter.{}.{}", token(stream), token(reason))
}

/// `live.<tenant>.<what>`
pub fn live(tenant: &TenantId, what: &str) -> String {
    format!("live.{tenant}.{}", token(what))
}

/// The tenant in the second token of `activity.…`, `outbound.…` and `live.…`.
pub fn tenant(subject: &str) -> Option<TenantId> {
    subject.split('.').nth(1)?.parse().ok()
}

/// The owner of a subject: all of it but the last token, as in `inbound.<account key>` or `outbound.<tenant>`.
pub fn owner(subject: &str) -> &str {
    subject.rsplit_once('.').map_or(subject, |(owner, _)| owner)
}

/// Makes a text into one token of a subject. Letters, digits, `-` and `_` stay, at most 64 of them; anything else
/// becomes `_`; an empty text becomes `unknown`.
pub fn token(text: &str) -> String {
    if text.is_empty() {
        return "unknown".to_owned();
    }
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    text.chars().take(64).map(safe).collect()
}

/// Whether [`token`] would leave this text as it is.
pub fn is_token(text: &str) -> bool {
    token(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_adds_tokens_or_wildcards(text in ".*") {
            let account = AccountKey::generate();
            let subject = inbound(account, &text);
            prop_assert_eq!(subject.split('.').count(), 3);
            let clean = subject.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'>');
            prop_assert!(clean);
            prop_assert!(subject.len() <= 8 + 33 + 64);
            let other = outbound(&"acme".parse().unwrap(), &text);
            prop_assert_eq!(other.split('.').count(), 3);
        }
    }

    #[test]
    fn names_that_somebody_makes_up_share_a_subject() {
        let account = AccountKey::generate();
        assert_eq!(inbound(account, "odd"), inbound(account, "even"));
        assert_eq!(inbound(account, "odd"), format!("inbound.{}.other", account.token()));
        assert_ne!(inbound(account, "odd"), inbound(account, "message_created"));
    }

    #[test]
    fn an_event_is_looked_for_where_it_may_be() {
        let account = AccountKey::generate();
        assert_eq!(inbound_filter(None, None), "inbound.*.*");
        let known = inbound_filter(Some(account), Some("message_created"));
        assert_eq!(known, inbound(account, "message_created"));
        assert_eq!(inbound_filter(None, Some("odd")), "inbound.*.*");
    }

    #[test]
    fn the_tenant_is_read_back() {
        let acme: TenantId = "acme".parse().unwrap();
        assert_eq!(tenant(&activity(&acme, "message_created")), Some(acme));
        assert_eq!(tenant("activity"), None);
    }

    #[test]
    fn whatever_an_account_sends_is_its_own() {
        let account = AccountKey::generate();
        let (one, other) = (inbound(account, "message_created"), inbound(account, "odd.*"));
        assert_eq!((owner(&one), owner("odd")), (owner(&other), "odd"));
        assert_eq!(owner(&one), format!("inbound.{}", account.token()));
    }
}
