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

/// `inbound.<account key>.<event>`
pub fn inbound(account: AccountKey, event: &str) -> String {
    format!("inbound.{}.{}", account.token(), token(event))
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

/// Whose a subject is: all of it but the last token, `inbound.<account key>` or `outbound.<tenant>`.
pub fn owner(subject: &str) -> &str {
    subject.rsplit_once('.').map_or(subject, |(owner, _)| owner)
}

/// Text made into one token: letters, digits, `-` and `_` stay, at most 64 of them; anything else
/// becomes `_`; nothing becomes `unknown`.
pub fn token(text: &str) -> String {
    if text.is_empty() {
        return "unknown".to_owned();
    }
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    text.chars().take(64).map(safe).collect()
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
        }
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
