//! The owners of dead letters.

use bus::StoredDeadLetter;
use domain::{AccountKey, TenantId};
use events::{WakeUp, subject};
use uuid::Uuid;

/// The owner of a dead letter, as far as its subject tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// It came from this Chatwoot account.
    Account(AccountKey),
    /// It was asked for by this tenant.
    Tenant(TenantId),
}

/// Finds out whose a dead letter is. Returns `None` if its subject is not one of ours. It goes by the subject, which
/// our own programs have written, since the payload may be what the message died of.
pub fn owner_of(stored: &StoredDeadLetter) -> Option<Owner> {
    let (stream, subject) = (stored.letter.stream.as_str(), stored.letter.subject.as_str());
    match stream {
        subject::INBOUND => {
            let token = subject.split('.').nth(1)?;
            Some(Owner::Account(AccountKey(Uuid::try_parse(token).ok()?)))
        }
        subject::OUTBOUND => Some(Owner::Tenant(subject::tenant(subject)?)),
        _ => None,
    }
}

/// The Chatwoot account that a dead letter is about, if that is known. For a command only its payload says so.
pub fn account_of(stored: &StoredDeadLetter) -> Option<AccountKey> {
    match owner_of(stored)? {
        Owner::Account(account) => Some(account),
        Owner::Tenant(_) => {
            let wake_up: WakeUp = serde_json::from_slice(&stored.payload).ok()?;
            Some(wake_up.account)
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::Utc;
    use events::{DeadLetter, Headers};

    use super::*;

    fn letter(stream: &str, subject: String) -> StoredDeadLetter {
        let letter = DeadLetter {
            stream: stream.to_owned(),
            subject,
            sequence: 1,
            consumer: "x".to_owned(),
            reason: "undecodable".to_owned(),
            detail: String::new(),
            at: Utc::now(),
        };
        let payload = Bytes::from_static(b"{");
        StoredDeadLetter { sequence: 1, letter, headers: Headers::default(), payload }
    }

    #[test]
    fn the_subject_tells_though_the_rest_be_unreadable() {
        let (account, tenant) = (AccountKey::generate(), "acme".parse::<TenantId>().unwrap());
        let inbound = letter("INBOUND", subject::inbound(account, "message_created"));
        assert_eq!(owner_of(&inbound), Some(Owner::Account(account)));
        let outbound = letter("OUTBOUND", subject::outbound(&tenant, "assign"));
        assert_eq!(owner_of(&outbound), Some(Owner::Tenant(tenant)));
        assert_eq!((account_of(&inbound), account_of(&outbound)), (Some(account), None));
        for (stream, subject) in
            [("INBOUND", "inbound.x.y"), ("OUTBOUND", "outbound"), ("X", "a.b")]
        {
            assert_eq!(owner_of(&letter(stream, subject.to_owned())), None, "{subject}");
        }
    }
}
