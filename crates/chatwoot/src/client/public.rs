//! Installations that a stranger named.

use reqwest::Url;

use super::ClientError;
use crate::public::{has_credentials, may_be_public};

/// Refuses an address without TLS, with a user or password in it, or with a private IP address as its host. Host names
/// are checked where they are resolved.
pub(super) fn check(base: &Url) -> Result<(), ClientError> {
    let fits = base.scheme() == "https" && !has_credentials(base) && may_be_public(base);
    if fits { Ok(()) } else { Err(ClientError::Private) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_a_stranger_gives_is_looked_at() {
        let check = |text: &str| check(&Url::parse(text).unwrap()).is_ok();
        assert!(check("https://chat.example.com/api/v1/"));
        assert!(check("https://1.1.1.1/"));
        for text in [
            "http://chat.example.com/",
            "https://user@chat.example.com/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert!(!check(text), "{text}");
        }
    }
}
