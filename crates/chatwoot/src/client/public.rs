//! Installations that a stranger named.

use std::net::IpAddr;

use reqwest::Url;

use super::ClientError;
use crate::public::is_public;

/// Refuses an address without TLS, with a user or password in it, or with a private IP address as its host. Host names
/// are checked where they are resolved.
pub(super) fn check(base: &Url) -> Result<(), ClientError> {
    let number = base.host_str().map(|host| host.trim_matches(['[', ']']).parse::<IpAddr>());
    let public = number.is_some_and(|number| number.map_or(true, is_public));
    let plain = base.scheme() != "https" || !base.username().is_empty();
    if plain || base.password().is_some() || !public {
        return Err(ClientError::Private);
    }
    Ok(())
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
